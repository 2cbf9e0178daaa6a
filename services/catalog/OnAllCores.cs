using System.Runtime.ExceptionServices;

namespace InternPlatform.Catalog;

/// <summary>Work on many rows at once.</summary>
internal static class OnAllCores
{
    /// <summary>Like <see cref="Parallel.For(int, int, ParallelOptions, Action{int})"/>, but what a body throws comes out as it is: a job's clear problem stays one.</summary>
    public static void For(int count, ParallelOptions options, Action<int> body)
    {
        try
        {
            Parallel.For(0, count, options, body);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
    }
}
