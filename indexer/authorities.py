"""Names of councils: from "London Borough of Richmond upon Thames" to the name people use, "Richmond upon Thames".

The name is found by taking off the words that say what sort of council it is, one at a time, until a name of the list
below is left. A name that is not in the list (a Welsh council, one newly formed) is what is left when no such word
remains, so that new councils need no new entry.
"""

from __future__ import annotations

import re

# The 153 authorities of England that run children's services, and the four they replaced since 2009.
NAMES = (
    # London
    "Barking and Dagenham", "Barnet", "Bexley", "Brent", "Bromley", "Camden", "City of London", "Croydon", "Ealing",
    "Enfield", "Greenwich", "Hackney", "Hammersmith and Fulham", "Haringey", "Harrow", "Havering", "Hillingdon",
    "Hounslow", "Islington", "Kensington and Chelsea", "Kingston upon Thames", "Lambeth", "Lewisham", "Merton",
    "Newham", "Redbridge", "Richmond upon Thames", "Southwark", "Sutton", "Tower Hamlets", "Waltham Forest",
    "Wandsworth", "Westminster",
    # Metropolitan districts
    "Barnsley", "Birmingham", "Bolton", "Bradford", "Bury", "Calderdale", "Coventry", "Doncaster", "Dudley",
    "Gateshead", "Kirklees", "Knowsley", "Leeds", "Liverpool", "Manchester", "Newcastle upon Tyne", "North Tyneside",
    "Oldham", "Rochdale", "Rotherham", "Salford", "Sandwell", "Sefton", "Sheffield", "Solihull", "South Tyneside",
    "St Helens", "Stockport", "Sunderland", "Tameside", "Trafford", "Wakefield", "Walsall", "Wigan", "Wirral",
    "Wolverhampton",
    # Counties
    "Cambridgeshire", "Derbyshire", "Devon", "East Sussex", "Essex", "Gloucestershire", "Hampshire", "Hertfordshire",
    "Kent", "Lancashire", "Leicestershire", "Lincolnshire", "Norfolk", "Nottinghamshire", "Oxfordshire",
    "Staffordshire", "Suffolk", "Surrey", "Warwickshire", "West Sussex", "Worcestershire",
    # Unitary authorities
    "Bath and North East Somerset", "Bedford", "Blackburn with Darwen", "Blackpool",
    "Bournemouth, Christchurch and Poole", "Bracknell Forest", "Brighton and Hove", "Bristol", "Buckinghamshire",
    "Central Bedfordshire", "Cheshire East", "Cheshire West and Chester", "Cornwall", "Cumberland", "Darlington",
    "Derby", "Dorset", "Durham", "East Riding of Yorkshire", "Halton", "Hartlepool", "Herefordshire", "Isle of Wight",
    "Isles of Scilly", "Kingston upon Hull", "Leicester", "Luton", "Medway", "Middlesbrough", "Milton Keynes",
    "North East Lincolnshire", "North Lincolnshire", "North Northamptonshire", "North Somerset", "North Yorkshire",
    "Northumberland", "Nottingham", "Peterborough", "Plymouth", "Portsmouth", "Reading", "Redcar and Cleveland",
    "Rutland", "Shropshire", "Slough", "Somerset", "South Gloucestershire", "Southampton", "Southend-on-Sea",
    "Stockton-on-Tees", "Stoke-on-Trent", "Swindon", "Telford and Wrekin", "Thurrock", "Torbay", "Warrington",
    "West Berkshire", "West Northamptonshire", "Westmorland and Furness", "Wiltshire", "Windsor and Maidenhead",
    "Wokingham", "York",
    # Replaced by new authorities
    "Bournemouth", "Cumbria", "Northamptonshire", "Poole",
)  # fmt: skip

# Other names the same councils go by, where taking words off does not lead there.
_ALIASES = {
    "BCP": "Bournemouth, Christchurch and Poole",
    "County Durham": "Durham",
    "County of Herefordshire": "Herefordshire",
    "East Riding": "East Riding of Yorkshire",
    "Hull": "Kingston upon Hull",
    "Kingston": "Kingston upon Thames",
    "Newcastle": "Newcastle upon Tyne",
    "Richmond": "Richmond upon Thames",
    "Royal Greenwich": "Greenwich",
    "Southend": "Southend-on-Sea",
    "Stockton": "Stockton-on-Tees",
    "Stoke": "Stoke-on-Trent",
}

_BEFORE = re.compile(
    r"(?:the|royal|city\s+and\s+county\s+of|local\s+area\s+of|(?:london\s+|royal\s+|metropolitan\s+|county\s+)?"
    r"(?:borough|district|city|county|council|unitary\s+authority)(?:\s+council)?\s+of)\s+(?=\S)",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?<=\S)(?:['’]s?)?,?\s+(?:local\s+authority|local\s+area\s+partnership|local\s+area|area|(?:safeguarding\s+"
    r"(?:children\s+)?)?partnership|children['’]?s?['’]?\s+(?:social\s+care\s+)?(?:services|trust)|council|corporation|authority|"
    r"unitary|borough|metropolitan|district|city|county|london|royal|(?:city|county|borough)\s+of)\s*$",
    re.IGNORECASE,
)

# What is left where a text names a sort of council and no place.
_SORT = re.compile(
    r"the|(?:the\s+)?(?:council|local\s+authority|county|city|borough|district|area|children.*)", re.IGNORECASE
)


def name_key(name: str) -> str:
    """What two spellings of one name share: "Southend on Sea" and "Southend-on-Sea", "&" and "and"."""
    name = re.sub(r"['’.]", "", name.replace("&", " and "))
    return " ".join(re.sub(r"[-‐‑–,]", " ", name).casefold().split())


_KNOWN = {name_key(name): name for name in NAMES} | {name_key(alias): name for alias, name in _ALIASES.items()}


def known_name(text: str) -> str | None:
    """The plain name of a council of the list, from any form of its name; None where it is not in the list."""
    name, known = _stripped(text)
    return name if known else None


def plain_name(text: str) -> str | None:
    """The plain name of a council from any form of its name, in the list or not; None where no name is left."""
    name, _ = _stripped(text)
    return name or None


def _stripped(text: str) -> tuple[str, bool]:
    """The name with the words for its sort of council taken off, and whether it is in the list."""
    name = _tidy(text)
    while name:
        if known := _KNOWN.get(name_key(name)):
            return known, True
        shorter = _AFTER.sub("", name)
        if shorter == name and (before := _BEFORE.match(name)):
            shorter = name[before.end() :]
        if shorter == name:
            break
        name = _tidy(shorter)
    return ("" if _SORT.fullmatch(name) else name.replace(" & ", " and ")), False


def _tidy(name: str) -> str:
    return " ".join(name.split()).strip(" ,.;:–-").removesuffix("’s").removesuffix("'s").strip("'’")
