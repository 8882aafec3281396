"""Tests run by pytest alone, too: a hook that no installed plugin declares would end pytest before the first test."""

from _pytest.config import PytestPluginManager


def test_the_shared_fixtures_need_no_plugins_hook():
    alone = PytestPluginManager()
    alone.import_plugin("tests.conftest")
    alone.check_pending()
