"""Settings: three places, the nearer first; every error at once, with name, value and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import SettingsError
from gateway.settings import Settings, load_settings


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    config = tmp_path / "gateway.yaml"
    config.write_text("GATEWAY_PORT: 1\nadmin_port: 2\nbase_url: [https://a.example, https://b.example]\n")
    settings = load_settings({"port": 3, "host": None}, {"GATEWAY_PORT": "4", "GATEWAY_WORKERS": "5"}, config)
    assert (settings.port, settings.admin_port, settings.workers) == (3, 2, 5)
    assert settings.base_url == ("https://a.example", "https://b.example")
    assert settings.site_url == "https://a.example"


def test_every_error_is_said_at_once_with_name_value_and_remedy(tmp_path: Path) -> None:
    wrong = {
        "GATEWAY_POTR": "1",
        "GATEWAY_PORT": "eighty",
        "GATEWAY_TRUSTED_PROXIES": "10.0.0.1/33",
        "GATEWAY_TIMEZONE": "Mars/Olympus",
        "GATEWAY_BASE_URL": "news.example",
        "GATEWAY_CONTENT": str(tmp_path),
        "GATEWAY_ADMIN_TOKEN_FILE": str(tmp_path / "absent"),
    }
    with pytest.raises(SettingsError) as caught:
        load_settings({}, wrong)
    said = str(caught.value)
    for name, value in wrong.items():
        line = next(line for line in said.splitlines() if line.startswith(name))
        assert "; " in line
        assert value in line or name == "GATEWAY_POTR"
    assert "did you mean GATEWAY_PORT?" in said


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("origin_passes", "cookie, user agent", "'user agent': no header has such a name; write it as user-agent"),
        ("origin_passes", "X-Desk: 1", "'X-Desk: 1': no header has such a name; write it as x-desk"),
        ("origin_passes", "?", "'?': no header has such a name; write names as user-agent"),
        ("redirect_hosts", "help.example, http://x", "'http://x': a host alone, without scheme, port or path, is wanted; write x"),
        ("redirect_hosts", "x.example/a", "'x.example/a': a host alone, without scheme, port or path, is wanted; write x.example"),
        ("redirect_hosts", "x.example:8080", "'x.example:8080': a host alone, without scheme, port or path, is wanted; write x.example"),
        ("redirect_hosts", "http://[x", "'http://[x': a host alone, without scheme, port or path, is wanted; write it as help.example"),
    ],
)  # fmt: skip
def test_what_is_no_header_or_no_host_is_refused_with_what_to_write(name: str, value: str, line: str) -> None:
    setting = f"GATEWAY_{name.upper()}"
    with pytest.raises(SettingsError) as caught:
        load_settings({}, {setting: value})
    assert str(caught.value) == f"{setting}: {line}"


def test_headers_and_hosts_of_every_kind_are_taken() -> None:
    passes, hosts = "address, User-Agent, x-my_desk", "help.example, 10.0.0.1, 2001:db8::1, bücher.example, localhost"
    settings = load_settings({}, {"GATEWAY_ORIGIN_PASSES": passes, "GATEWAY_REDIRECT_HOSTS": hosts})
    assert ", ".join(settings.origin_passes) == passes
    assert ", ".join(settings.redirect_hosts) == hosts


def test_what_a_start_needs_is_in_the_same_report_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "torn.mmdb").write_bytes(b"half of it")
    wrong = {
        "GATEWAY_PORT": "eighty",
        "GATEWAY_GEOIP": f"{tmp_path}/absent.mmdb, {tmp_path}/torn.mmdb",
        "GATEWAY_REDIS_URL": "http://:hush@cache.example",
        "GATEWAY_LOG_FILE": f"{tmp_path}/torn.mmdb/log",
        "GATEWAY_STATE": f"{tmp_path}/torn.mmdb/state",
    }
    with pytest.raises(SettingsError) as caught:
        load_settings({}, wrong, starting=True)
    said = str(caught.value).splitlines()
    assert sorted(line.partition(":")[0] for line in said) == sorted([*wrong, "GATEWAY_GEOIP"])
    assert [line.partition("; ")[0] for line in said if line.startswith("GATEWAY_GEOIP")] == [
        f"GATEWAY_GEOIP: '{tmp_path}/absent.mmdb': it cannot be read (No such file or directory)",
        f"GATEWAY_GEOIP: '{tmp_path}/torn.mmdb': it is not a whole MaxMind DB",
    ]
    assert "hush" not in str(caught.value)


def test_looking_at_settings_makes_nothing(tmp_path: Path) -> None:
    load_settings(
        {}, {"GATEWAY_STATE": f"{tmp_path}/state", "GATEWAY_LOG_FILE": f"{tmp_path}/state/log"}, starting=True
    )
    assert not list(tmp_path.iterdir()), "the state directory is made by who keeps it from others"


def test_a_command_that_only_speaks_with_a_gateway_does_not_fail_for_a_file_that_is_gone(tmp_path: Path) -> None:
    settings = load_settings({}, {"GATEWAY_GEOIP": f"{tmp_path}/absent.mmdb", "GATEWAY_STATE": str(tmp_path / "state")})
    assert settings.geoip == (f"{tmp_path}/absent.mmdb",)
    assert not (tmp_path / "state").exists(), "only a start makes it"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TRUSTED_PROXIES", "10.0.0.0/8,ngnix", "'ngnix': no proxy is known by that name; did you mean nginx?"),
        (
            "CDN_GEO",
            "cloudfare",
            "'cloudfare': no CDN of that name tells the place in headers; did you mean cloudflare?",
        ),
        ("MODE", "observ", "'observ': there is no such choice; did you mean observe?"),
        (
            "BASE_URL",
            "news.example",
            "'news.example': it is not the address of a site; write it as https://news.example",
        ),
        ("WORKRES", "2", "there is no such setting; did you mean GATEWAY_WORKERS?"),
        ("WORKERS", "0", "'0': less than 1; it is processes"),
        ("PORT", "65536", "'65536': more than 65535; it is the public port"),
        ("PORT", "eighty", "'eighty': no whole number; it is the public port"),
    ],
)
def test_an_unknown_name_is_named_once_with_the_nearest(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({}, {f"GATEWAY_{name}": value})
    assert str(caught.value) == f"GATEWAY_{name}: {said}"


def test_an_error_in_the_file_has_line_and_column(tmp_path: Path) -> None:
    config = tmp_path / "gateway.yaml"
    config.write_text("port: 80\npotr: 81\n")
    with pytest.raises(
        SettingsError, match=r"gateway\.yaml:2:1: there is no setting potr; did you mean GATEWAY_PORT\?"
    ):
        load_settings({}, {}, config)


def test_a_secret_comes_from_a_file_and_stands_in_no_message(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("hush-hush\n")
    settings = load_settings({}, {"GATEWAY_ADMIN_TOKEN_FILE": str(secret)})
    assert settings.admin_token.get_secret_value() == "hush-hush"
    assert "hush" not in repr(settings)


@given(
    st.dictionaries(
        st.sampled_from([f"GATEWAY_{name.upper()}" for name in Settings.model_fields]), st.text(max_size=20)
    )
)
def test_no_environment_raises_anything_but_a_settings_error(environment: dict[str, str]) -> None:
    try:
        load_settings({}, environment)
    except SettingsError as error:
        problems = error.problems
    else:
        return
    assert problems
