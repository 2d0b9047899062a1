"""The web page: ``page`` lays it out, ``handlers`` do what a click asks for, ``render`` writes its HTML."""
