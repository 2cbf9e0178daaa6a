using InternPlatform.Artifacts;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace InternPlatform.Jobs;

/// <summary>Tells a server that does not answer now from everything else that can go wrong.</summary>
public static class Servers
{
    /// <summary>A round of background work that failed so is tried again at the next: also a transient failure, which EF wraps in an InvalidOperationException.</summary>
    internal static bool IsOfDatabase(Exception exception) => exception is System.Data.Common.DbException or DbUpdateException || IsAway(exception);

    /// <summary>The database or the store does not answer now. EF wraps what its provider throws.</summary>
    public static bool IsAway(Exception exception) => exception switch
    {
        StoreUnreachableException store => store.MayPass,
        NpgsqlException database => database.IsTransient,
        { InnerException: NpgsqlException database } => database.IsTransient,
        _ => false,
    };
}
