"""The licence of what is quoted: of the reports, not of the program. It stands on every page, export and answer."""

from __future__ import annotations

from typing import Final

LICENCE_NAME: Final = "Open Government Licence v3.0"
LICENCE_URL: Final = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
LICENCE_STATEMENT: Final = f"Contains public sector information licensed under the {LICENCE_NAME}."
"""The attribution that the licence asks for, where a publisher gives none of its own."""
