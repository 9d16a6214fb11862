"""The smallest page, never the same twice in a row: a cache has nothing to win here."""

from labload import LabUser, action


class Guest(LabUser):
    """Reads one row by its key."""

    @action("tiny")
    def tiny(self):
        photo_id = self.photo_ids.next()
        self.page(f"/tiny/{photo_id}", kind="tiny", page_id=photo_id)
