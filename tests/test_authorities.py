"""Names of councils as people call them, whatever form a document uses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.authorities import NAMES, known_name, plain_name


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("Bury Metropolitan Borough Council", "Bury"),
        ("Calderdale Metropolitan Council", "Calderdale"),
        ("City of Bradford Metropolitan District Council", "Bradford"),
        ("City of Bradford Metropolitan Borough Council", "Bradford"),
        ("Metropolitan Borough of Solihull", "Solihull"),
        ("Council of the City of Wakefield", "Wakefield"),
        ("Nottinghamshire County Council", "Nottinghamshire"),
        ("Nottingham City Council", "Nottingham"),  # the city and the county are two authorities
        ("the London Borough of Ealing", "Ealing"),
        ("London Borough of Richmond upon Thames", "Richmond upon Thames"),
        ("Royal Borough of Kensington and Chelsea", "Kensington and Chelsea"),
        ("Royal Borough of Greenwich", "Greenwich"),
        ("The Royal Borough of Windsor & Maidenhead", "Windsor and Maidenhead"),
        ("City of London Corporation", "City of London"),  # here "City of" is part of the name
        ("City of York Council", "York"),
        ("Westminster City Council", "Westminster"),
        ("Brighton & Hove City Council", "Brighton and Hove"),
        ("Kingston Upon Hull City Council", "Kingston upon Hull"),
        ("Hull", "Kingston upon Hull"),
        ("County Durham", "Durham"),
        ("Durham County Council", "Durham"),
        ("Herefordshire, County of", "Herefordshire"),
        ("Bristol, City of", "Bristol"),
        ("Newcastle City Council", "Newcastle upon Tyne"),
        ("St. Helens Metropolitan Borough Council", "St Helens"),
        ("Southend on Sea", "Southend-on-Sea"),
        ("Southend-on-Sea city council", "Southend-on-Sea"),
        ("Cheshire East Unitary Authority", "Cheshire East"),
        ("BOURNEMOUTH, CHRISTCHURCH AND POOLE COUNCIL", "Bournemouth, Christchurch and Poole"),
        ("Medway Children’s Services", "Medway"),
        ("Bury local authority children's services", "Bury"),
        ("Bury Local Area Partnership", "Bury"),
        ("Bury’s", "Bury"),
        ("North Northamptonshire Council", "North Northamptonshire"),
        ("Westmorland & Furness Council", "Westmorland and Furness"),
        ("Cumbria County Council", "Cumbria"),  # no longer there, but inspected
        ("Cardiff Council", "Cardiff"),  # from here on not in the list
        ("City and County of Swansea Council", "Swansea"),
        ("Rhondda Cynon Taf County Borough Council", "Rhondda Cynon Taf"),
        ("Isle of Anglesey County Council", "Isle of Anglesey"),
        ("East Surrey Council", "East Surrey"),
    ],
)
def test_plain_name(printed: str, plain: str) -> None:
    """The words for the sort of council go, the name stays, in the list's spelling where it is in the list."""
    assert plain_name(printed) == plain


@pytest.mark.parametrize("printed", ["", "  ", "Council", "The Council", "the local authority", "Children's services"])
def test_no_name(printed: str) -> None:
    """Where nothing but the sort of council is named, there is no name."""
    assert plain_name(printed) is None


@pytest.mark.parametrize("printed", ["Cardiff Council", "Executive Director", "Bury and Rochdale", "Sandwell Children"])
def test_not_in_the_list(printed: str) -> None:
    """Only a text that names one council of the list, and nothing besides, is a known name."""
    assert known_name(printed) is None


@given(
    st.sampled_from([name for name in NAMES if name != "City of London"]),  # it takes none of the forms
    st.sampled_from(
        ("{}", "{} Council", "{} County Council", "{} Borough Council", "London Borough of {}", "City of {}")
    ),
    st.booleans(),
)
def test_every_form_of_every_name(name: str, form: str, ampersand: bool) -> None:
    """Each council of the list is found again in each form a council's name takes."""
    printed = form.format(name.replace(" and ", " & ") if ampersand else name)
    assert known_name(printed) == name


@given(st.text(max_size=60))
def test_a_plain_name_is_its_own_plain_name(text: str) -> None:
    """Whatever the text, nothing is raised, and a plain name does not get shorter still."""
    name = plain_name(text)
    assert name is None or plain_name(name) == name
