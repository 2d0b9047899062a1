"""The web page, as a Hugging Face Space and ``make run`` start it: ``python app.py``."""

from elmtex.ui.page import launch

if __name__ == "__main__":
    launch()
