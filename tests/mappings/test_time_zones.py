"""Time zones as helpdesks spell them become zones of the IANA database."""

from zoneinfo import available_timezones

import pytest
from tzlocal.windows_tz import win_tz

from mappings.time_zones import allowed_zones, iana_zone

RAILS = """
International Date Line West|Midway Island|American Samoa|Hawaii|Alaska|Pacific Time (US & Canada)|Tijuana
Mountain Time (US & Canada)|Arizona|Chihuahua|Mazatlan|Central Time (US & Canada)|Saskatchewan|Guadalajara|Mexico City
Monterrey|Central America|Eastern Time (US & Canada)|Indiana (East)|Bogota|Lima|Quito|Atlantic Time (Canada)|Caracas
La Paz|Santiago|Newfoundland|Brasilia|Buenos Aires|Montevideo|Georgetown|Puerto Rico|Greenland|Mid-Atlantic|Azores
Cape Verde Is.|Dublin|Edinburgh|Lisbon|London|Casablanca|Monrovia|UTC|Belgrade|Bratislava|Budapest|Ljubljana|Prague
Sarajevo|Skopje|Warsaw|Zagreb|Brussels|Copenhagen|Madrid|Paris|Amsterdam|Berlin|Bern|Zurich|Rome|Stockholm|Vienna
West Central Africa|Bucharest|Cairo|Helsinki|Kyiv|Riga|Sofia|Tallinn|Vilnius|Athens|Istanbul|Minsk|Jerusalem|Harare
Pretoria|Kaliningrad|Moscow|St. Petersburg|Volgograd|Samara|Kuwait|Riyadh|Nairobi|Baghdad|Tehran|Abu Dhabi|Muscat|Baku
Tbilisi|Yerevan|Kabul|Ekaterinburg|Islamabad|Karachi|Tashkent|Chennai|Kolkata|Mumbai|New Delhi|Kathmandu|Astana|Dhaka
Sri Jayawardenepura|Almaty|Novosibirsk|Rangoon|Bangkok|Hanoi|Jakarta|Krasnoyarsk|Beijing|Chongqing|Hong Kong|Urumqi
Kuala Lumpur|Singapore|Taipei|Perth|Irkutsk|Ulaanbaatar|Seoul|Osaka|Sapporo|Tokyo|Yakutsk|Darwin|Adelaide|Canberra
Melbourne|Sydney|Brisbane|Hobart|Vladivostok|Guam|Port Moresby|Magadan|Srednekolymsk|Solomon Is.|New Caledonia|Fiji
Kamchatka|Marshall Is.|Auckland|Wellington|Nuku'alofa|Tokelau Is.|Chatham Is.|Samoa
"""
"""The zones of Rails by name, which Zendesk shows in its pages and its API."""


def test_every_zone_of_rails_and_of_windows_is_known() -> None:
    names = [name for line in RAILS.strip().splitlines() for name in line.split("|")]
    assert len(names) == 151
    known = available_timezones()
    assert [name for name in (*names, *win_tz) if iana_zone(name) not in known] == []


def test_every_iana_zone_means_itself() -> None:
    assert [zone for zone in available_timezones() if iana_zone(zone) != zone] == []


@pytest.mark.parametrize(
    ("spelt", "zone"),
    [
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("(GMT-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("eastern_time__us___canada_", "America/New_York"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Copenhagen", "Europe/Copenhagen"),
        ("europe/berlin", "Europe/Berlin"),
        ("Samoa", "Pacific/Apia"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("etc/gmt-5", "Etc/GMT-5"),
        ("UTC", "UTC"),
        ("GMT+1", "Etc/GMT-1"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"),
        ("São Paulo", "America/Sao_Paulo"),
        ("Zürich", "Europe/Zurich"),
        ("UTC -05:00", "Etc/GMT+5"),
    ],
)
def test_a_zone_is_known_however_it_is_spelt(spelt: str, zone: str) -> None:
    assert iana_zone(spelt) == zone


@pytest.mark.parametrize(
    "unknown",
    ["", "Mars/Olympus", "Eastern", "Europe", "../etc/passwd", "+02:00", "UTC+5:30", "GMT+15", "Berlin, Paris"],
)
def test_what_could_be_several_zones_or_none_is_no_zone(unknown: str) -> None:
    assert iana_zone(unknown) is None


def test_the_nearest_known_name_is_suggested() -> None:
    assert "did you mean 'Europe/Stockholm'?" in allowed_zones("Europe/Stokholm")
    assert "did you mean" not in allowed_zones("zzz")
