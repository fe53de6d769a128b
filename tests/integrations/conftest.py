"""The cast, created once for a module."""

from tests import cast, module_cast
from tests.module_cast import once

db, as_the_module_made_them = module_cast.db, module_cast.as_the_module_made_them
bob, currency, acme, pat, form = map(once, (cast.bob, cast.currency, cast.acme, cast.pat, cast.form))
make_campaign, campaign, make_leads = map(once, (cast.make_campaign, cast.campaign, cast.make_leads))
