import CampaignReports
import Foundation
import TestSupport
import Testing

@Suite("Names under a key")
struct DigestTests {
    @Test("a key is at least 16 bytes, without the space around it")
    func length() {
        #expect(ExportKey(Array("0123456789abcde".utf8)) == nil)
        #expect(ExportKey(Array("  0123456789abcde \n".utf8)) == nil)
        let plain = ExportKey(Array("0123456789abcdef".utf8))
        #expect(plain?.name("account", "a") == Samples.key?.name("account", "a"))
        #expect(ExportKey([]) == nil && ExportKey(Array(" \n".utf8)) == nil)
    }

    @Test("kinds and values do not run into each other")
    func domains() throws {
        let key = try #require(Samples.key)
        #expect(key.name("account", "x") != key.name("payment", "x"))
        #expect(key.name("accountx", "") != key.name("account", "x"))
    }

    /// Computed by `hmac.new(key, kind + NUL + value, sha256)` of Python, for texts around the borders of blocks.
    @Test(
        "a name is HMAC-SHA-256 as others compute it",
        .enabled(if: SchemaValidator.isAvailable),
        arguments: [0, 1, 46, 47, 48, 54, 55, 56, 63, 64, 65, 119, 120, 200])
    func golden(length: Int) throws {
        let value = String(repeating: "v", count: length)
        for key in [
            "0123456789abcdef", String(repeating: "k", count: 64),
            String(repeating: "k", count: 65),
        ] {
            let secret = try #require(ExportKey(Array(key.utf8)))
            let expected = try SchemaValidator.python(
                "import hmac,hashlib; print('hmac-sha256:' + hmac.new(b'\(key)', b'account\\0' + b'\(value)', "
                    + "hashlib.sha256).hexdigest())")
            #expect(secret.name("account", value) == expected)
        }
    }

    @Test(
        "ids are UUIDs of version 5 as others compute them",
        .enabled(if: SchemaValidator.isAvailable))
    func ids() throws {
        let book = Samples.book([Samples.finding(1)])
        let found = try #require(book[Samples.uid(1)])
        let members = Samples.table([Samples.row("a1", 1)]).members(of: Samples.uid(1), in: book)
        let key = try #require(Samples.key)
        let text = Samples.text(StixBundle(found, members: members, key: key, tlp: .red))
        let campaign = try SchemaValidator.python(
            "import uuid; print(uuid.uuid5(uuid.UUID('5b0f3c0e-6a0e-4c1e-9b1a-7d5d1f0c2b43'), 'campaign \(Samples.uid(1))'))"
        )
        #expect(text.contains(#""id":"campaign--\#(campaign)""#))
        // The space and the canonical JSON are those of STIX 2.1, section 2.9.
        let account = try SchemaValidator.python(
            "import uuid; print(uuid.uuid5(uuid.UUID('00abedb4-aa42-466c-9c01-fed23315a9b7'), "
                + "'{\"user_id\":\"\(key.name("account", "a1"))\"}'))")
        #expect(text.contains(#""id":"user-account--\#(account)""#))
    }
}
