namespace InternPlatform.ServiceDefaults;

/// <summary>
/// Spreads calls over the instances of one service, each in its turn. The next one is asked where that cannot do anything twice: no connection could be
/// opened, so nothing was sent; or it is a GET or HEAD that broke before its answer. One that was not reached comes last for a while.
/// </summary>
internal sealed class ServiceInstances(IReadOnlyList<Uri> roots, HttpMessageHandler inner, TimeProvider time) : DelegatingHandler(inner)
{
    private static readonly TimeSpan Shunned = TimeSpan.FromSeconds(5);
    private readonly long[] shunnedUntil = new long[roots.Count];
    private int turn = -1;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // Calls are made to the first instance's root.
        var rest = roots[0].MakeRelativeUri(request.RequestUri!);
        var order = InOrder();
        for (var i = 0; ; i++)
        {
            request.RequestUri = new Uri(roots[order[i]], rest);
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                var missed = e.IsUnreached() && !cancellationToken.IsCancellationRequested;
                if (missed)
                {
                    Volatile.Write(ref shunnedUntil[order[i]], time.GetTimestamp() + (long)(Shunned.TotalSeconds * time.TimestampFrequency));
                }

                if (i + 1 == order.Count || !(missed || IsBrokenQuestion(request, e)))
                {
                    throw;
                }
            }
        }
    }

    private List<int> InOrder()
    {
        var first = (int)((uint)Interlocked.Increment(ref turn) % (uint)roots.Count);
        var now = time.GetTimestamp();
        return [.. Enumerable.Range(first, roots.Count).Select(i => i % roots.Count).OrderBy(i => Volatile.Read(ref shunnedUntil[i]) > now)];
    }

    private static bool IsBrokenQuestion(HttpRequestMessage request, Exception e) =>
        e is HttpRequestException && (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head);
}
