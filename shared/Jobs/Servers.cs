using InternPlatform.Artifacts;
using Npgsql;

namespace InternPlatform.Jobs;

/// <summary>Tells a server that does not answer now from everything else that can go wrong.</summary>
internal static class Servers
{
    /// <summary>EF wraps what its provider throws.</summary>
    public static bool IsAway(Exception exception) => exception switch
    {
        StoreUnreachableException store => store.MayPass,
        NpgsqlException database => database.IsTransient,
        { InnerException: NpgsqlException database } => database.IsTransient,
        _ => false,
    };
}
