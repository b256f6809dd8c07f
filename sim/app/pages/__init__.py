"""The pages, in the order of the navigation: one file, one function a page."""

from .explore import explore_page

PAGES = {"explore": explore_page}
