"""Dates as texts."""

from datetime import date, datetime

import pytest

polars = pytest.importorskip("polars")

from trainer.datasets.tables.dates import (  # noqa: E402
    CLEAR,
    UnclearError,
    example,
    form_of,
    look_like_dates,
    moments,
    no_dates,
)

MOMENT = datetime(2021, 3, 31, 22, 5)


def series(*texts):
    return polars.Series("x", texts, dtype=polars.String)


@pytest.mark.parametrize("form", CLEAR)
def test_a_date_in_a_form_without_doubt_is_read(form):
    text = MOMENT.strftime(form.replace("%.f", ".5"))
    found = form_of(series(None, text))
    (moment,) = moments(series(text), found)
    assert moment.date() == MOMENT.date()
    assert moment.hour == (22 if "%H" in form or "%I" in form else 0)
    assert moments(series(example(form)), form)[0].date() == date(2020, 12, 31)


def test_times_with_a_zone_are_counted_from_utc():
    texts = series("2021-03-01T01:30:05+02:00", "2021-02-28T18:00:05.5-0530", "2021-02-28 23:30:05+00:00", None)
    assert form_of(texts) == ""
    half_past = datetime(2021, 2, 28, 23, 30, 5)
    assert moments(texts, "").to_list() == [half_past, half_past.replace(microsecond=500_000), half_past, None]


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (("31/03/2021", "01/03/2021"), "%d/%m/%Y"),
        (("03/31/2021 10:15", "03/01/2021 11:00"), "%m/%d/%Y %H:%M"),
        (("1/31/20", "1/2/20"), "%m/%d/%y"),  # of 2020, not of 20
        (("03/03/2021", "04/04/2021"), "%d/%m/%Y"),  # the same either way
        (("31.12.70", "1.2.75", "1.2.91", "1.2.08", "31.12.19"), "%d.%m.%y"),
        (("2021-03-01", "31.03.2021"), ""),
        (("2021-03-01", "soon"), None),
        (("2021-02-30",), None),
        (("12.5", "7"), None),
        (("555-1234",), None),
        ((None,), None),
    ],
)
def test_the_form_that_all_are_in(texts, form):
    assert form_of(series(*texts)) == form


@pytest.mark.parametrize(
    ("texts", "row", "what", "forms"),
    [
        (("02/02/2020", "01/02/2020"), 1, "'01/02/2020' may be 1 February or 2 January", ("%d/%m/%Y", "%m/%d/%Y")),
        (("13/01/2020", "01/13/2020"), 1, "'01/13/2020' begins with the month, '13/01/2020' with the day", ()),
        (("1.2.75", "12.05.45", "1.2.99"), 1, "'12.05.45' may be of 1945 or 2045", ("%d.%m.%y",)),
        (("1/31/31", None, "1/2/50", "1/2/70", "1/2/05"), 0, "'1/31/31' may be of 1931 or 2031", ("%m/%d/%y",)),
    ],
)
def test_two_ways_to_read_them(texts, row, what, forms):
    with pytest.raises(UnclearError) as unclear:
        form_of(series(*texts))
    assert (unclear.value.row, unclear.value.forms) == (row, forms)
    assert str(unclear.value).startswith(what)


def test_what_is_no_date_among_many():
    texts = series("31/01/2020", "02/01/2020", None, "soon", "30/02/2020")
    assert look_like_dates(texts)
    assert no_dates(texts).tolist() == [False, False, False, True, True]
    assert not look_like_dates(series("red", "1.5"))
