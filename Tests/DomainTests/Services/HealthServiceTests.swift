import Base
import Contract
import Domain
import TestSupport
import Testing

@Suite struct HealthServiceTests {
    @Test func anAnswerIsKeptForASecond() throws {
        let product = try InMemoryProduct()
        #expect(product.health.report().state == .healthy)
        product.objects.setAway(true)
        #expect(product.health.report().state == .healthy)
        product.clock.advance(by: .seconds(1))
        #expect(product.health.report().state == .degraded)
    }
}
