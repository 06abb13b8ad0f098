/// What a transfer is to do.
enum TransferOrder: Sendable {
    case http(HTTPRequest)
    case mail(MailSubmission)

    var subject: String {
        switch self {
        case .http(let request): request.subject
        case .mail(let mail): mail.subject
        }
    }

    var deadlines: TransferDeadlines {
        switch self {
        case .http(let request): request.deadlines
        case .mail(let mail): mail.deadlines
        }
    }

    /// Why it can't be done, as a sentence's end; nil if it can.
    var flaw: String? {
        switch self {
        case .http(let request): request.flaw
        case .mail(let mail): mail.flaw
        }
    }

    /// What is sent besides the head.
    var upload: UploadSource? {
        switch self {
        case .http(let request):
            if case .upload(let descriptor, let length) = request.body {
                UploadSource(descriptor: descriptor, length: length)
            } else {
                nil
            }
        case .mail(let mail): UploadSource(bytes: mail.content)
        }
    }
}
