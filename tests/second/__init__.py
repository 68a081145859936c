"""A second implementation, written from the pages of spec/ alone; it judges the first and the pages.

It shares no code with comity. Rooms, from the ground up: refusal, codec, edwards, forms, keys, hpke, noise, hello,
records, frames, message, envelope, receipt, treaty.
"""
