// Landing in this slice.
