namespace InternPlatform.ServiceDefaults;

/// <summary>Tells a call that was never sent from one of which nobody knows how far it got.</summary>
public static class Unreached
{
    /// <summary>No connection was opened, so nothing was sent: asking somebody else does nothing twice.</summary>
    public static bool IsUnreached(this Exception exception) => exception
        is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError }
        // A connection that takes too long to open ends as a cancellation.
        or OperationCanceledException { InnerException: TimeoutException };
}
