"""The web page, as a Hugging Face Space and ``make run`` start it: ``python app.py``."""

from elmtex.web.server import launch

if __name__ == "__main__":
    launch()
