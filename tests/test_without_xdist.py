"""Tests run by pytest alone, too: a hook that no installed plugin declares would end pytest before the first test."""

import pytest
from _pytest.config import PytestPluginManager

from tests.support.commands import ROOT


def test_the_shared_fixtures_need_no_plugins_hook(pytestconfig: pytest.Config):
    (shared,) = (
        plugin
        for plugin in pytestconfig.pluginmanager.get_plugins()
        if getattr(plugin, "__file__", None) == str(ROOT / "tests/conftest.py")
    )
    alone = PytestPluginManager()
    alone.register(shared)
    alone.check_pending()
