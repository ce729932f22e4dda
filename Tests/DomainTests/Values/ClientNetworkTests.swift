import Domain
import Testing

@Suite struct ClientNetworkTests {
    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("", ""), ("unix:", "unix:"),
        ("2001:db8:0:7::1", "2001:db8::7::/64"), ("2001:DB8:0:7:ffff::", "2001:db8::7::/64"),
        ("2001:db8:0:7:1:2:3:4", "2001:db8::7::/64"), ("::1", ":::::/64"),
    ])
    func addressesOfOnePartyHaveOneName(address: String, name: String) {
        #expect(ClientNetwork.name(of: address) == name)
    }
}
