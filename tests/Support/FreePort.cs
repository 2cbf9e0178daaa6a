using InternPlatform.AppHost;

namespace InternPlatform.Tests.Support;

/// <summary>A port of the loopback address that nobody listens on at this moment, and that no client is given either.</summary>
public static class FreePort
{
    public static int Next() => FreePorts.Take(1)[0];
}
