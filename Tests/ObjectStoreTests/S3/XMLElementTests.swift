import ObjectStore
import Testing

@Suite struct XMLElementTests {
    @Test func readsElementsTextAndEntities() throws {
        let text = """
            \u{FEFF}<?xml version="1.0" encoding="UTF-8"?>
            <!-- note --><List xmlns="http://a/b" x='1 > 0'><Key>a&amp;b&lt;&#228;&#xe4;&quot;</Key  ><Empty/>
            <Data><![CDATA[<raw> & ]]>tail</Data><Key>second<!-- inside --></Key></List>
            <?end?>
            """
        let root = try #require(XMLElement(parsing: Array(text.utf8)))
        #expect(root.name == "List")
        #expect(root.children.map(\.name) == ["Key", "Empty", "Data", "Key"])
        #expect(root["Key"]?.text == "a&b<ää\"")
        #expect(root["Empty"]?.text == "")
        #expect(root["Data"]?.text == "<raw> & tail")
        #expect(root.children.last?.text == "second")
        #expect(root["None"] == nil)
    }

    @Test(arguments: [
        "", "text", "<a>", "<a></b>", "<a><b></a></b>", "<a/><b/>", "<a>&unknown;</a>", "<a>&#xD800;</a>",
        "<a>&amp</a>",
        "<a b></a>", "<a b=c></a>", "<a b=\"<\"/>", "<a b=\"c></a>", "<a><![CDATA[x</a>", "<a><!-- x</a>", "< a></a>",
        "<a>x</a>y", "<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>", "<a><!ELEMENT b></a>", "<a b='1'c='2'/>",
    ])
    func refusesWhatIsNotWellFormed(text: String) {
        #expect(XMLElement(parsing: Array(text.utf8)) == nil)
    }

    @Test func refusesEveryCutDocument() {
        let whole = Array("<?xml version='1.0'?><a b='c'><d>e&amp;f</d><g/><![CDATA[h]]><!-- i --></a>".utf8)
        #expect(XMLElement(parsing: whole) != nil)
        for length in 0..<whole.count { #expect(XMLElement(parsing: Array(whole[..<length])) == nil) }
    }

    @Test func refusesDeepNestingAndBadText() {
        #expect(XMLElement(parsing: nested(32)) != nil)
        #expect(XMLElement(parsing: nested(33)) == nil)
        #expect(XMLElement(parsing: nested(100_000)) == nil)
        #expect(XMLElement(parsing: Array("<a>".utf8) + [0xC3, 0x28] + Array("</a>".utf8)) == nil)
    }

    private func nested(_ depth: Int) -> [UInt8] {
        Array((String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)).utf8)
    }
}
