using InternPlatform.Contracts.Catalog;
using MassTransit;

namespace InternPlatform.Catalog.Objects;

/// <summary>
/// Follows <see cref="ObjectChanged"/> of every service. Messages may repeat and overtake each other: the highest version of an object wins, and the version
/// is the row's concurrency token, so that two deliveries at once cannot leave the older one.
/// </summary>
internal sealed class IndexObjects(CatalogDb db, TimeProvider time) : IConsumer<ObjectChanged>
{
    public async Task Consume(ConsumeContext<ObjectChanged> context)
    {
        var changed = context.Message;
        var row = await db.Objects.FindAsync([changed.Service, changed.Kind, changed.ObjectId], context.CancellationToken);
        if (row is null)
        {
            row = new ObjectRow
            {
                Service = changed.Service,
                Kind = changed.Kind,
                ObjectId = changed.ObjectId,
                ProjectId = changed.ProjectId,
                Name = changed.Name,
                SearchName = changed.Name,
                Path = changed.Path,
                Version = changed.Version,
                UpdatedAt = time.GetUtcNow(),
            };
            db.Objects.Add(row);
        }
        else if (changed.Version <= row.Version)
        {
            return;
        }

        row.Name = changed.Name;
        row.SearchName = changed.Name.ToLowerInvariant();
        row.State = changed.State;
        row.Path = changed.Path;
        row.Version = changed.Version;
        row.Deleted = changed.Deleted;
        row.UpdatedAt = time.GetUtcNow();
        await db.SaveChangesAsync(context.CancellationToken);
    }
}
