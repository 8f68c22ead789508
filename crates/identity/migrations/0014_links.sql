-- A proof may be asked for by a link in the text, in the place of a code.
ALTER TABLE verifications ADD COLUMN link TEXT; -- plain: the address of the page that the link opens, without its secret, which is kept nowhere; none when a code is asked for
