"""The pages, in the order of the navigation: one file, one function a page."""

from .batch import batch_page
from .compare import compare_page
from .evidence import evidence_page
from .explore import explore_page
from .learn import learn_page
from .ramp import ramp_page
from .rules import rules_page
from .share import share_page
from .why import why_page

PAGES = {
    "explore": explore_page, "compare": compare_page, "why": why_page, "rules": rules_page, "ramp": ramp_page,
    "evidence": evidence_page, "batch": batch_page, "learn": learn_page, "share": share_page,
}  # fmt: skip
