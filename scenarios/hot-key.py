"""One photo that everybody looks at: the worst case for a cache that spreads keys over nodes."""

from labload import LabUser, action

HOT_PHOTO = 1


class Guest(LabUser):
    """Looks at the one photo, seldom at another."""

    @action("hot")
    def hot(self):
        self.page(f"/photo/{HOT_PHOTO}", kind="photo", page_id=HOT_PHOTO, name="hot photo")

    @action("other")
    def other(self):
        photo_id = self.photo_ids.next()
        self.page(f"/photo/{photo_id}", kind="photo", page_id=photo_id, name="other photo")
