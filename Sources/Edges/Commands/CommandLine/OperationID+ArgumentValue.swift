import FleetModel
import OperationModel

extension OperationID: ArgumentValue {
    init?(argument: String) { self.init(rawValue: argument) }
    static var placeholder: String { "ID" }
    static var expectation: String { rule }
}
