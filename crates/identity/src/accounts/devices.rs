//! Known devices: chance in a signed cookie. It proves nothing about a person; it lets somebody who was here before in while strangers are held off, and tells a device that is
//! new.

use base::{Context, Id};
use data_encoding::BASE64URL_NOPAD;

use super::Accounts;
use crate::verification::Device;

impl Accounts {
    /// What the cookie of a device holds.
    pub fn device_cookie(&self, cx: &Context, device: Id<Device>) -> String {
        format!("{}.{}", device, BASE64URL_NOPAD.encode(&self.device_mac(cx, device)))
    }

    /// The device of a cookie, if we signed it for this shop.
    pub fn read_device(&self, cx: &Context, cookie: &str) -> Option<Id<Device>> {
        let (id, mac) = cookie.split_once('.')?;
        let id: Id<Device> = id.parse().ok()?;
        let given = BASE64URL_NOPAD.decode(mac.as_bytes()).ok()?;
        // Compared as hashes under a secret key, so that the time it takes tells nothing of the right one.
        let credential = &self.vault.indexes(cx.shop).credential;
        (credential.of(&given) == credential.of(&self.device_mac(cx, id))).then_some(id)
    }

    fn device_mac(&self, cx: &Context, device: Id<Device>) -> [u8; 32] {
        self.vault.indexes(cx.shop).credential.of_parts([b"device cookie".as_slice(), device.as_bytes()])
    }
}
