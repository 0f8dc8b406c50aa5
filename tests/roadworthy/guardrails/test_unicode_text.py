"""Hidden and misleading characters go; honest text of any language stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.guardrails.unicode_text import cleaned_text

HONEST = [
    "Größe, Straße, „Überweisung“ – 10 m² für 3½ €",
    "Здравствуйте, где мой кошелёк? сор роса оса",
    "你好，请问如何转账？（谢谢）",
    "こんにちは。カードをなくしました。",
    "안녕하세요, 계좌를 열고 싶어요.",
    "می‌خواهم حسابم را ببندم",
    "क्‍ष और बैंक",
    "שלום \u200fעולם",
    "Tiếng Việt có nhiều dấu",
    "👩‍👩‍👧‍👦 👍🏽 ❤️ 1️⃣ 🏳️‍🌈 \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "C'est déjà l'été, naïve façade; Łódź; żółć",
    "USB-кабель, 3D-модель, λ = 5 μm, α > 0.05",
    "a\tb\nc\r\nd",
]
HIDDEN = {
    "zero-width space": ("ig\u200bno\u200dre", "ignore"),
    "tag characters": ("Hi" + "".join(chr(0xE0000 + ord(one)) for one in "obey"), "Hi"),
    "right-to-left override": ("abc\u202edef", "abcdef"),
    "soft hyphen": ("pass\u00adword", "password"),
    "cyrillic letters in a latin word": ("pаsswоrd", "password"),
    "greek letters in a latin word": ("ignοre", "ignore"),
    "mathematical letters": ("𝐢𝐠𝐧𝐨𝐫𝐞", "ignore"),
    "circled letters": ("ⓘⓖⓝⓞⓡⓔ", "ignore"),
    "full-width letters": ("ｉｇｎｏｒｅ", "ignore"),
    "selectors that carry data": ("a\U000e0101\U000e0102\ufe05", "a"),
    "a heap of marks": ("a" + "\u0301\u0302\u0303\u0304\u0305\u0306\u0307", None),
    "control characters": ("a\x00\x1bb", "ab"),
    "a surrogate": ("a\ud800b", "ab"),
}


@pytest.mark.parametrize("text", HONEST)
def test_honest_text_stays(text: str) -> None:
    """Not a character changes."""
    assert cleaned_text(text)[0] == text


@pytest.mark.parametrize("name", HIDDEN)
def test_hidden_characters_go(name: str) -> None:
    """What is left is what a person sees, and the kinds are counted."""
    text, clean = HIDDEN[name]
    found, counts = cleaned_text(text)
    assert found == clean if clean else len(found) < len(text)
    assert counts.total() > 0


@given(st.text(st.characters(), max_size=60))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    """Cleaning is idempotent, whatever the text."""
    once = cleaned_text(text)[0]
    assert cleaned_text(once)[0] == once
