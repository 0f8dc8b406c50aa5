"""Tools are declared in a file that is checked whole; what a model is shown follows from it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fakes.scripted_tools import DECLARATION
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from roadworthy.errors import ParamsError
from roadworthy.tools.bank.backend import TOOLS
from roadworthy.tools.interface import Effect
from roadworthy.tools.loading import load_tools, parse_tools
from roadworthy.tools.model_view import choice_schema, tool_schemas_text

ROOT = Path(__file__).parents[3]
HELPDESK = ROOT / "tools" / "bank_helpdesk.yaml"


def declared(parameters: Any = None, **keys: Any) -> str:
    """Return a declaration of one tool as YAML (JSON is YAML)."""
    closed = {"type": "object", "additionalProperties": False, "properties": {"user_id": {"type": "string"}}}
    tool = {
        "name": "look",
        "description": "Looks.",
        "effect": "read",
        "rate_limit": "5/minute",
        "parameters": closed if parameters is None else parameters,
        **keys,
    }
    return json.dumps({"capabilities": {"helper": {"tools": ["look"], "effects": ["read", "write"]}}, "tools": [tool]})


def with_property(schema: Any, **more: Any) -> str:
    """Return a declaration whose tool has one argument with this schema."""
    return declared({"type": "object", "additionalProperties": False, "properties": {"x": schema}, **more})


def test_the_help_desks_tools_are_those_of_the_bank() -> None:
    """The project's own declaration loads, and the bank can do each tool of it and no other."""
    tools = load_tools(HELPDESK)
    assert {tool.name for tool in tools.tools} == TOOLS
    assert {tool.name for tool in tools.allowed("bank-helpdesk")} == TOOLS
    assert all(tool.bound_to_user == "user_id" for tool in tools.tools)
    assert tools.allowed("another") == ()


@pytest.mark.parametrize(("effect", "approved"), [("read", False), ("write", True)])
def test_what_is_risky_needs_approval_unless_said(effect: str, approved: bool) -> None:
    """Reads run without approval and writes with it, unless the declaration says otherwise."""
    tool = parse_tools(declared(effect=effect), "t.yaml").tools[0]
    assert tool.needs_approval is approved
    assert (
        parse_tools(declared(effect=effect, needs_approval=not approved), "t.yaml").tools[0].needs_approval != approved
    )


def test_irreversible_tools_always_need_approval() -> None:
    """Nobody can declare an irreversible tool that runs without approval."""
    with pytest.raises(ParamsError, match="irreversible always needs it"):
        parse_tools(DECLARATION.replace("effect: irreversible", "effect: irreversible\n    needs_approval: false"), "t")


def test_a_capability_reads_only_unless_it_says_more() -> None:
    """A capability that names no effects may list reading tools, and no writing one."""
    tools = parse_tools(DECLARATION, "t.yaml")
    assert tools.capabilities["reader"].effects == (Effect.READ,)
    with pytest.raises(ParamsError, match=r"capabilities\.reader\.effects: 'post'"):
        parse_tools(DECLARATION.replace("tools: [look]", "tools: [look, post]"), "t.yaml")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (declared(colour="red"), r"t\.yaml: tools\.look\.colour: unknown key"),
        (declared(effect="delete"), r"tools\.look\.effect"),
        (declared(rate_limit="often"), r"tools\.look\.rate_limit: must be a number per time"),
        (declared(rate_limit="0/minute"), r"tools\.look\.rate_limit"),
        (declared(rate_limit="1/second;5/minute"), r"tools\.look\.rate_limit"),
        (declared(name="Look up"), r"name"),
        (declared(description=""), r"description"),
        (declared(bound_to_user="owner"), r"bound_to_user: the parameters have no 'owner'"),
        (declared({"type": "object"}), r"parameters: additionalProperties: must be false"),
        (declared({"type": "array", "items": {"type": "string"}}), r"parameters: type: must be object"),
        (declared({"type": "objekt"}), r"parameters: type: is no valid JSON schema"),
        (with_property({"type": "string", "minLength": "3"}), r"properties\.x\.minLength: is no valid JSON schema"),
        (with_property({"type": "string", "pattern": "("}), r"properties\.x\.pattern"),
        (with_property({"type": "object"}), r"properties\.x\.additionalProperties: must be false"),
        (with_property({"type": ["object", "null"]}), r"properties\.x\.additionalProperties: must be false"),
        (with_property({"type": "array"}), r"properties\.x\.items: is missing"),
        (with_property({"type": "array", "items": {"properties": {}}}), r"properties\.x\.items\."),
        (with_property({"oneOf": [{"type": "string"}, {"type": "object"}]}), r"oneOf\.1\.additionalProperties"),
        (with_property({}), r"properties\.x\.type: is missing"),
        (with_property(True), r"properties\.x: must be a schema"),
        (with_property({"type": "string"}, patternProperties={"^a": {"type": "string"}}), r"patternProperties"),
        (with_property({"$ref": "https://example.com/schema.json"}), r"\$ref: .* is remote"),
        (with_property({"$ref": "other.json#/a"}), r"\$ref: .* is remote"),
        (with_property({"$ref": "#"}), r"\$ref"),
        (with_property({"$ref": "#/$defs/a"}), r"there is no '#/\$defs/a'"),
        (with_property({"$ref": "#/$defs/a"}, **{"$defs": {"a": {"$ref": "#/$defs/a"}}}), r"is recursive"),
        (with_property({"$ref": "#/properties/x"}), r"is recursive"),
        (with_property({"$dynamicRef": "#x"}), r"\$dynamicRef: is not allowed"),
        (with_property({"$id": "https://example.com/"}), r"\$id: is not allowed"),
        (declared().replace('"tools": ["look"]', '"tools": ["gone"]'), r"capabilities\.helper\.tools: .* 'gone'"),
        (declared().replace('"helper"', '"helper": {"tools": []}, "helper"'), r"t\.yaml: .*duplicate|found duplicate"),
        ("tools: [", r"t\.yaml: "),
        ("- a", r"t\.yaml"),
        ("", r"t\.yaml"),
        ("tools: []\ncapabilities: {}", r"t\.yaml: tools"),
        ("capabilities: {}", r"t\.yaml: tools: Field required"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_field(text: str, place: str) -> None:
    """Each mistake in a declaration is an error that names the file and the field."""
    with pytest.raises(ParamsError) as error:
        parse_tools(text, "t.yaml")
    assert error.value.where is not None
    assert error.value.remedy
    assert re.search(place, error.value.where, re.DOTALL), error.value.where


def test_a_tool_is_declared_once() -> None:
    """Two tools of one name are refused."""
    content = json.loads(declared())
    content["tools"] *= 2
    with pytest.raises(ParamsError, match="look is declared twice"):
        parse_tools(json.dumps(content), "t.yaml")


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    """A missing and a binary file are errors that name the file."""
    with pytest.raises(ParamsError, match=r"none\.yaml"):
        load_tools(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ParamsError, match=r"binary\.yaml"):
        load_tools(tmp_path / "binary.yaml")


def test_an_alias_to_itself_is_refused() -> None:
    """A YAML file whose schema holds itself is an error, not a stack overflow."""
    text = declared().replace('"parameters": {', '"parameters": &a {').replace('{"type": "string"}', "*a")
    with pytest.raises(ParamsError):
        parse_tools(text, "t.yaml")


@pytest.mark.parametrize(("levels", "problem"), [(5, "too large"), (13, "deeper than")])
def test_references_that_grow_without_measure_are_refused(levels: int, problem: str) -> None:
    """A small file can't unfold into a huge schema."""
    definitions: dict[str, Any] = {"a0": {"type": "string"}}
    for level in range(1, levels + 1):
        items = [{"$ref": f"#/$defs/a{level - 1}"}] * 10
        definitions[f"a{level}"] = {"anyOf": items}
    with pytest.raises(ParamsError, match=problem):
        parse_tools(with_property({"$ref": f"#/$defs/a{levels}"}, **{"$defs": definitions}), "t.yaml")


def test_local_references_are_put_in_place() -> None:
    """A definition in the schema itself may be referred to; what comes out holds no references."""
    text = with_property({"$ref": "#/$defs/day", "description": "when"}, **{"$defs": {"day": {"type": "string"}}})
    tool = parse_tools(text, "t.yaml").tools[0]
    assert tool.parameters["properties"]["x"] == {"type": "string", "description": "when"}
    assert "$" not in json.dumps(tool.parameters)


def test_an_argument_may_be_called_like_a_keyword() -> None:
    """Names of arguments are no keywords of the schema, whatever they look like."""
    schema = {"type": "object", "additionalProperties": False, "properties": {"$id": {"type": "string"}}}
    assert "$id" in parse_tools(declared(schema), "t.yaml").tools[0].parameters["properties"]


def test_a_declaration_is_frozen() -> None:
    """What was declared can't be set anew in a running program."""
    tool = parse_tools(declared(), "t.yaml").tools[0]
    with pytest.raises(ValidationError):
        tool.needs_approval = True  # type: ignore[misc]


def test_the_model_never_sees_the_bound_argument() -> None:
    """Neither the text nor the schema for a model names the argument that is bound to the customer."""
    tools = load_tools(HELPDESK).allowed("bank-helpdesk")
    text, schema = tool_schemas_text(tools), choice_schema(tools)
    assert len(text.splitlines()) == len(tools)
    assert "user_id" not in text
    assert "user_id" not in json.dumps(schema)


def test_the_choice_is_none_or_an_allowed_call() -> None:
    """The schema for decoding takes no tool and right calls of allowed tools, and nothing else."""
    schema = choice_schema(parse_tools(DECLARATION, "t.yaml").allowed("reader"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    good: list[Any] = [
        {"tool": "none"},
        {"tool": "look", "arguments": {"place": "here"}},
    ]
    bad: list[Any] = [
        {"answer": "Yes."},
        {"tool": "none", "arguments": {"place": "here"}},
        {"tool": "post", "arguments": {"to": "x"}},
        {"tool": "look", "arguments": {}},
        {"tool": "look", "arguments": {"place": "here", "user_id": "somebody"}},
        {"tool": "look"},
        "look",
    ]
    assert [one for one in good if not validator.is_valid(one)] == []
    assert [one for one in bad if validator.is_valid(one)] == []
    assert len(choice_schema(())["oneOf"]) == 1
