using System.Data.Common;
using System.Runtime.CompilerServices;
using MassTransit;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace InternPlatform.Jobs.Tests;

internal enum Fault
{
    /// <summary>It was not done.</summary>
    Before,

    /// <summary>It was done, and the answer is lost.</summary>
    After,

    /// <summary>It was not done, and that took a while.</summary>
    Late,
}

/// <summary>The n-th call after <see cref="Arm"/> fails, once.</summary>
internal abstract class Faults
{
    private int count;
    private int at;
    private Fault fault;
    private string? only;
    private volatile bool hasFailed;

    public int Count => Volatile.Read(ref count);

    public bool HasFailed => hasFailed;

    /// <summary>Which methods have failed, and how.</summary>
    public HashSet<(string Method, Fault Fault)> Hit { get; } = [];

    /// <param name="number">From 1; 0 lets all of them be.</param>
    /// <param name="how">In which way it fails.</param>
    /// <param name="method">Calls of this one are counted; none counts all.</param>
    public void Arm(int number, Fault how, string? method = null)
    {
        (at, fault, only, hasFailed) = (number, how, method, false);
        Volatile.Write(ref count, 0);
    }

    /// <returns>True where the call has to fail once it is done.</returns>
    protected async Task<bool> BeginAsync(string method, CancellationToken cancellationToken)
    {
        if ((only is not null && only != method) || Interlocked.Increment(ref count) != Volatile.Read(ref at))
        {
            return false;
        }

        hasFailed = true;
        Hit.Add((method, fault));
        if (fault == Fault.After)
        {
            return true;
        }

        await Task.Delay(fault == Fault.Late ? 300 : 0, cancellationToken);
        throw Planted();
    }

    protected abstract Exception Planted();
}

/// <summary>Commands and commits fail as they do when a server goes away.</summary>
internal sealed class DatabaseFaults : Faults, IDbCommandInterceptor, IDbTransactionInterceptor
{
    private readonly ConditionalWeakTable<object, object> marked = [];

    public async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        await MarkAsync("reader", command, cancellationToken);
        return result;
    }

    public ValueTask<DbDataReader> ReaderExecutedAsync(DbCommand command, CommandExecutedEventData eventData, DbDataReader result, CancellationToken cancellationToken = default) =>
        Done(command, result);

    public async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        await MarkAsync("command", command, cancellationToken);
        return result;
    }

    public ValueTask<int> NonQueryExecutedAsync(DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default) =>
        Done(command, result);

    public async ValueTask<InterceptionResult> TransactionCommittingAsync(
        DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        await MarkAsync("commit", transaction, cancellationToken);
        return result;
    }

    public Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default) =>
        Done(transaction, true).AsTask();

    protected override Exception Planted() => new NpgsqlException("planted", new IOException("planted"));

    private async Task MarkAsync(string method, object call, CancellationToken cancellationToken)
    {
        if (await BeginAsync(method, cancellationToken))
        {
            marked.Add(call, call);
        }
    }

    private ValueTask<T> Done<T>(object call, T result) => marked.Remove(call) ? throw Planted() : ValueTask.FromResult(result);
}

/// <summary>Publishing fails as it does when a broker goes away.</summary>
internal sealed class BusFaults : Faults, IPublishObserver
{
    private readonly ConditionalWeakTable<object, object> marked = [];

    public async Task PrePublish<T>(PublishContext<T> context)
        where T : class
    {
        if (await BeginAsync("publish", context.CancellationToken))
        {
            marked.Add(context, context);
        }
    }

    public Task PostPublish<T>(PublishContext<T> context)
        where T : class => marked.Remove(context) ? throw Planted() : Task.CompletedTask;

    public Task PublishFault<T>(PublishContext<T> context, Exception exception)
        where T : class => Task.CompletedTask;

    protected override Exception Planted() => new MassTransitException("planted");
}
