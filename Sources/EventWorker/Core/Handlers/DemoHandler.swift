package import Contract
package import Domain

/// A message of the demo routes has come through the bus: its sender may see it.
package struct DemoHandler: EventHandler {
    private let demo: DemoService

    package init(demo: DemoService) { self.demo = demo }

    package var type: EventType { .demo }

    package func act(on event: Event) throws(ErrorAnswer) { try demo.consume(event) }
}
