"""The page's messages, in English and German."""
