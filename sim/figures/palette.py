"""The colours and the names of regions, for pictures and pages alike (dimensionless)."""

# Okabe and Ito (2008): told apart by colour-blind readers. Countries get neither flag colours nor red against blue.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, PALE = "#6E6E6E", "#D9D9D9"
REGION_COLOURS = {"united_states": GREEN, "china": ORANGE, "open": PURPLE, "other": GREY}
REGION_NAMES = {
    "united_states": "United States", "china": "China", "east_asia": "East Asia", "europe": "Europe", "gulf": "Gulf",
    "south_east_asia": "South-East Asia", "india": "India", "rest_of_world": "Rest of world",
}  # fmt: skip
CONSTRAINTS = {  # what may stop one more accelerator: its name and its colour
    "wafers": ("wafer starts", BLUE), "yield": ("yield", SKY), "dies": ("good dies", "#8FB8DE"),
    "hbm": ("HBM", VERMILLION), "packaging": ("packaging", YELLOW), "orders": ("orders", GREEN),
    "permission": ("permission", PURPLE), "power": ("power", BLACK), "money": ("money", GREY),
}  # fmt: skip
