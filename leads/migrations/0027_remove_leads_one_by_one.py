"""Remove what chunks of bulk actions had of each lead: it is in `found`."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("leads", "0026_found_leads_of_earlier_actions")]

    operations = [migrations.RemoveField("bulkchunk", "before"), migrations.RemoveField("bulkchunk", "after_revision")]
