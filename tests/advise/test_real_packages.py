"""The advisor on small models of installed packages; each is left out where its package is not installed.

What it says is not fixed: it is that of the installed version. What it promises of its patch is.
"""

import importlib.util
import json

import pytest

from benchmarks.advise.advise_command import main
from benchmarks.advise.user.question import DO, MAY
from benchmarks.advise_judge.model_table import MOST_RUNS

TORCHVISION = """
import torch, torchvision
def make(name, train):
    model, x = getattr(torchvision.models, name)(weights=None, num_classes=10), torch.randn(2, 3, 64, 64)
    return step_of(model.train(train), lambda: model(x), train)
"""
TIMM = """
import timm, torch
def make(name, train):
    model, x = timm.create_model(name, pretrained=False, num_classes=10), torch.randn(2, 3, 64, 64)
    return step_of(model.train(train), lambda: model(x), train)
"""
TRANSFORMERS = """
import torch, transformers
SMALL = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, vocab_size=97)
GPT2 = dict(n_embd=32, n_layer=2, n_head=2, vocab_size=97)
def make(name, train):
    config = getattr(transformers, name + "Config")(**(GPT2 if name == "GPT2" else SMALL))
    model, x = getattr(transformers, name + "Model")(config), torch.randint(97, (2, 16))
    return step_of(model.train(train), lambda: model(x).last_hidden_state, train)
"""
STEP = """
def step_of(model, call, train):
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    def step():
        if not train:
            with torch.no_grad():
                return call()
        optimizer.zero_grad()
        loss = call().square().mean()
        loss.backward()
        optimizer.step()
        return loss.detach()
    return step
def training(): return make("{name}", True)
def inference(): return make("{name}", False)
"""
MODELS = [
    ("torchvision", TORCHVISION, "resnet18"),
    ("torchvision", TORCHVISION, "mobilenet_v3_small"),
    ("torchvision", TORCHVISION, "swin_t"),
    ("torchvision", TORCHVISION, "densenet121"),
    ("timm", TIMM, "efficientnet_b0"),
    ("timm", TIMM, "convnext_atto"),
    ("transformers", TRANSFORMERS, "Bert"),
    ("transformers", TRANSFORMERS, "Llama"),
    ("transformers", TRANSFORMERS, "GPT2"),
]


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["training", "inference"])
@pytest.mark.parametrize(("package", "text", "name"), MODELS, ids=[name for *_, name in MODELS])
def test_what_is_promised_holds(tmp_path, monkeypatch, capsys, package, text, name, phase):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    (tmp_path / "program.py").write_text(text + STEP.format(name=name))
    monkeypatch.chdir(tmp_path)
    status = main([f"program.py:{phase}", "--no-time", "--no-run", "--no-places", "--scratch", "--json", "answer.json"])
    printed = capsys.readouterr()
    assert status == 0, printed.err
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert not answer["overwritten"] and answer["differs"] is None and answer["watch_differs"] is None
    saves = any(decision["verdict"] in (DO, MAY) for decision in answer["decisions"])
    assert saves or answer["runs"] <= MOST_RUNS
    assert answer["proved"] is (True if answer["sets"]["do"] else None), answer.get("unproved")
