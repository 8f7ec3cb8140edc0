"""What a person wrote survives; what we wrote is renewed."""

from __future__ import annotations

import pytest

from deploy.formats import FORMATS
from deploy.generated import GeneratedFile, Outcome, outcome_of, values_of
from vectorstore.commandline import CommandError

FIRST = """\
# Made by us
services:
  - type: web
    name: "shop"
    plan: "free"
    envVars:
      - key: WEB_CONCURRENCY
        value: "1"
"""
SECOND = FIRST.replace('"free"', '"standard"')


def again(
    before: str, after: str = SECOND, *, force: bool = False, fmt: str = "yaml", first: str = FIRST
) -> Outcome:
    state = values_of(FORMATS[fmt].parse(first))
    return outcome_of(GeneratedFile("f", after, fmt), before, state, force=force)


def test_a_value_of_ours_is_renewed_and_a_comment_kept():
    before = FIRST.replace('    name: "shop"', '    name: "shop" # ours since May')
    assert again(before).after == before.replace('"free"', '"standard"')
    assert again(before).conflicts == {}


def test_values_of_the_user_outside_our_keys_survive():
    before = FIRST + "      - key: MINE # keep\n        value: yes\n    region: frankfurt\n"
    assert again(before).after == before.replace('"free"', '"standard"')


def test_a_value_changed_by_hand_is_a_conflict_and_stays():
    before = FIRST.replace('"free"', '"starter" # more CPU')
    result = again(before)
    assert result.after == before
    assert tuple(result.conflicts.values()) == (
        "services/[shop]/plan: 'starter', by hand; it would be 'standard'",
    )


def test_force_takes_it_over():
    assert 'plan: "standard"' in again(FIRST.replace('"free"', '"starter"'), force=True).after


def test_a_key_removed_by_hand_is_a_conflict():
    result = again(FIRST.replace('    plan: "free"\n', ""))
    assert tuple(result.conflicts.values()) == (
        "services/[shop]/plan: removed by hand; it would be 'standard'",
    )


def test_a_new_key_of_ours_is_added_and_an_old_one_removed():
    after = FIRST.replace(
        '      - key: WEB_CONCURRENCY\n        value: "1"\n',
        '      - key: NEW\n        value: "2"\n',
    )
    assert again(FIRST, after).after == after


@pytest.mark.parametrize("depth", [4, 5], ids=["the variable", "its value"])
def test_what_is_said_to_be_mine_is_not_removed_either(depth):
    after = FIRST.replace('    envVars:\n      - key: WEB_CONCURRENCY\n        value: "1"\n', "")
    state = values_of(FORMATS["yaml"].parse(FIRST))
    mine = "/".join(("services", "[shop]", "envVars", "[WEB_CONCURRENCY]", "value")[:depth])
    result = outcome_of(GeneratedFile("f", after, "yaml"), FIRST, state, force=True, mine=[mine])
    assert 'value: "1"' in result.after


def test_a_file_that_we_never_wrote_is_not_touched():
    result = outcome_of(GeneratedFile("f", SECOND, "yaml"), FIRST, None, force=False)
    assert result.after == FIRST
    assert tuple(result.conflicts.values()) == (
        "services/[shop]/plan: 'free', by hand; it would be 'standard'",
    )


def test_what_was_never_there_is_not_called_removed():
    before = FIRST.replace('    plan: "free"\n', "")
    result = outcome_of(GeneratedFile("f", SECOND, "yaml"), before, None, force=False)
    assert (result.conflicts, result.missing) == ({}, ("services/[shop]/plan",))


def theirs(before: str, ours: str, fmt: str = "yaml") -> Outcome:
    """A file that we never wrote, with --force."""
    return outcome_of(GeneratedFile("f", ours, fmt), before, None, force=True)


VARIABLE = "services:\n- name: shop\n  envVars:\n  - key: DATABASE_URL\n    {}\n"


@pytest.mark.parametrize("form", ["value: mine", "generateValue: true", "fromDatabase: {name: d}"])
def test_a_variable_that_is_given_in_another_form_is_theirs(form):
    before = VARIABLE.format(form)
    assert theirs(before, VARIABLE.format("sync: false")).after == before


GROUPED = """\
services:
- name: shop
  envVars:
  - fromGroup: keys
envVarGroups:
- name: {}
  envVars:
  - key: DATABASE_URL
    {}
"""


@pytest.mark.parametrize(
    ("group", "form", "asked"),
    [
        pytest.param("keys", "generateValue: true", False, id="the group gives it"),
        pytest.param("keys", "sync: false", True, id="which Render ignores in a group"),
        pytest.param("others", "generateValue: true", True, id="a group of another service"),
    ],
)
def test_what_a_group_gives_is_not_asked_for_again(group, form, asked):
    before = GROUPED.format(group, form)
    after = theirs(before, VARIABLE.format("sync: false")).after
    assert (after != before) is asked
    assert after.count("DATABASE_URL") == 1 + asked


def test_a_value_of_ours_is_put_beside_a_group():
    before = GROUPED.format("keys", "generateValue: true")
    assert theirs(before, VARIABLE.format('value: "1"')).after.count("DATABASE_URL") == 2


@pytest.mark.parametrize(
    ("fmt", "before", "ours"),
    [
        pytest.param(
            "json", '{"env": {"K": "v"}, "scripts": {}}', '{"env": {"K": {"required": false}}}',
            id="a text for a mapping",
        ),
        pytest.param(
            "yaml", "environment: [A=1]\n", "environment:\n  B: 2\n", id="a list for a mapping"
        ),
    ],
)  # fmt: skip
def test_what_has_another_shape_is_theirs(fmt, before, ours):
    assert theirs(before, ours, fmt).after == before


def test_what_is_empty_is_filled_and_the_rest_stays():
    before = "services:\ndatabases:\n- name: d # keep\n"
    after = theirs(before, "services:\n- name: shop\n").after
    assert "- name: shop" in after
    assert "- name: d # keep" in after


def test_nothing_is_put_through_an_alias_into_other_services():
    before = "services:\n- name: shop\n  envVars: &all\n  - key: A\n- name: w\n  envVars: *all\n"
    with pytest.raises(CommandError, match=r"services/\[shop\]/envVars stands elsewhere too"):
        theirs(before, VARIABLE.format("value: x"))


def test_a_file_of_comments_keeps_them():
    result = outcome_of(GeneratedFile("f", SECOND, "yaml"), "# mine\n", None, force=False)
    assert result.after == f"# mine\n\n{SECOND}"


def test_what_cannot_be_merged_is_not_replaced():
    def broken(document):
        raise ValueError("shared")

    file = GeneratedFile("f", SECOND, "yaml", modernize=broken)
    with pytest.raises(CommandError, match="cannot be put into it .ValueError: shared"):
        outcome_of(file, FIRST, None, force=True)


def test_a_secret_that_stands_in_a_file_is_not_shown():
    before = VARIABLE.format("value: hunter2")
    result = outcome_of(
        GeneratedFile("f", VARIABLE.format("value: other"), "yaml"), before, None, force=False
    )
    assert list(result.conflicts.values()) == [
        "services/[shop]/envVars/[DATABASE_URL]/value: set by hand; it would be 'other'"
    ]


@pytest.mark.parametrize(
    ("fmt", "first", "before", "after", "expected"),
    [
        pytest.param(
            "toml",
            'app = "a"\n',
            '# mine\napp = "a" # name\nx = 1\n',
            'app = "b"\n',
            '# mine\napp = "b" # name\nx = 1\n',
            id="TOML",
        ),
        pytest.param(
            "procfile",
            "web: a\n",
            "# mine\nworker: w\nweb: a\n",
            "web: b\n",
            "# mine\nworker: w\nweb: b\n",
            id="Procfile",
        ),
        pytest.param(
            "lines",
            ".git\n",
            "# mine\n.git\ndata\n",
            ".git\n.env\n",
            "# mine\n.git\ndata\n.env\n",
            id="ignore file",
        ),
        pytest.param(
            "json",
            '{"a": 1}',
            '{"a": 1, "mine": 2}',
            '{"a": 3}',
            '{\n  "a": 3,\n  "mine": 2\n}\n',
            id="JSON",
        ),
        pytest.param("text", "one\n", "one\n", "two\n", "two\n", id="text"),
    ],
)
def test_every_format_keeps_what_is_not_ours(fmt, first, before, after, expected):
    result = again(before, after, fmt=fmt, first=first)
    assert (result.after, result.conflicts) == (expected, {})


def test_an_edited_text_is_refused_as_a_whole():
    result = again("one, edited\n", "two\n", fmt="text", first="one\n")
    assert (result.after, result.conflicts) == ("one, edited\n", {"the file": "edited by hand"})
