"""Several sessions in one pass of the torch engine: the same answers as alone, whoever else is fed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

pytest.importorskip("torch")
from tiny import tiny_llama, tiny_tokenizer

from elmtex.engines import packing
from elmtex.engines.torch import TorchEngine

AT_ONCE = 4
PROMPT = (5, 6, 7)


def _fed(engine: TorchEngine, seed: int) -> list[np.ndarray]:
    """The scores of a session that is fed a few times, under masks with holes, and forgets in between."""
    chance = np.random.default_rng(seed)
    session = engine.session(PROMPT)
    past, scores = len(PROMPT), []
    for _ in range(5):
        n = int(chance.integers(1, 9))
        mask = chance.random((n, past + n)) < 0.6
        mask[np.arange(n), past + np.arange(n)] = True  # each sees itself
        mask[:, :past] |= np.arange(past) < len(PROMPT)
        mask[:, past:] &= np.tril(np.ones((n, n), dtype=bool))
        tokens = chance.integers(0, tiny_tokenizer().get_vocab_size(), n)
        positions = np.sort(chance.integers(past, past + 20, n))
        asked = [(row, (1, 2, 3, 4 + row)) for row in range(0, n, 2)]
        scores += session.feed(tokens, positions, mask, asked)
        past += n
        if past > 20:
            past = 15
            session.keep(past)
    return scores


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many sessions each pass fed. The first pass waits until others wait, too."""
    sizes: list[int] = []
    once = packing.pass_of
    crowd = threading.Event()
    threading.Timer(1.0, crowd.set).start()

    def counted(model, together):
        crowd.wait(10)
        sizes.append(len(together))
        return once(model, together)

    monkeypatch.setattr(packing, "pass_of", counted)
    return sizes


@pytest.mark.parametrize("seed", range(3))
def test_packed_sessions_answer_as_alone(seed: int, passes: list[int]) -> None:
    alone = TorchEngine.of(tiny_llama(seed))
    expected = [_fed(alone, number) for number in range(12)]
    together = TorchEngine.of(tiny_llama(seed), packs=AT_ONCE)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: _fed(together, number), range(12)))
    assert max(passes) == AT_ONCE and sum(passes) == 12 * 6  # the prompt is a feed, too
    for own, other in zip(found, expected, strict=True):
        for a, b in zip(own, other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)
    assert not np.allclose(found[0][0], found[1][0])  # the sessions do differ


def test_a_pass_that_fails_is_done_one_by_one_and_only_the_culprit_fails(
    monkeypatch: pytest.MonkeyPatch, passes: list[int]
) -> None:
    expected = [_fed(TorchEngine.of(tiny_llama(0)), number) for number in range(4)]
    counted = packing.pass_of
    layer = packing.sdpa_attention_forward

    def narrow(model, together):
        """The memory holds one report; it fails in the middle of a pass, when the first layer has grown."""
        if len(together) > 1:
            calls = []

            def full(module, *arguments, **options):
                calls.append(module.layer_idx)
                if len(calls) == len(together) + 1:
                    raise MemoryError
                return layer(module, *arguments, **options)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(packing, "sdpa_attention_forward", full)
                return counted(model, together)
        if together[0].positions[0] > 10_000:
            raise ValueError
        return counted(model, together)

    monkeypatch.setattr(packing, "pass_of", narrow)
    together = TorchEngine.of(tiny_llama(0), packs=AT_ONCE)

    def bad() -> None:
        session = together.session(PROMPT)
        session.feed(np.array([1]), np.array([10_001]), np.ones((1, 4), dtype=bool), [(0, (1,))])

    with ThreadPoolExecutor(5) as pool:
        culprit = pool.submit(bad)
        found = list(pool.map(lambda number: _fed(together, number), range(4)))
        with pytest.raises(ValueError):
            culprit.result()
    assert max(passes) > 1
    for own, other in zip(found, expected, strict=True):
        for a, b in zip(own, other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)
