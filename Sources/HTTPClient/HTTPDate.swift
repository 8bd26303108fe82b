import CCurl

/// Dates as HTTP headers write them.
public enum HTTPDate {
    /// Seconds since 1970 of a date such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
    ///
    /// Nil where the text is no date (`curl_getdate`).
    public static func secondsSince1970(_ text: String) -> Int? {
        let seconds = unsafe curl_getdate(text, nil)
        return seconds == -1 ? nil : seconds
    }
}
