using InternPlatform.Contracts.Catalog;
using InternPlatform.Jobs;

namespace InternPlatform.Catalog.Datasets;

/// <summary>Every change of a data set gives it a new stamp and is told to the index.</summary>
internal static class DatasetChanges
{
    public static void Touch(DatasetRow dataset, Outbox<CatalogDb> outbox, DateTimeOffset now)
    {
        dataset.Stamp = Guid.CreateVersion7();
        dataset.Revision++;
        dataset.UpdatedAt = now;
        outbox.Add(new ObjectChanged
        {
            Service = Problems.Service,
            Kind = "dataset",
            ObjectId = dataset.Id,
            ProjectId = dataset.ProjectId,
            Name = dataset.Name,
            Path = Path(dataset.Id),
            Version = dataset.Revision,
        });
    }

    public static string Path(Guid datasetId) => $"/data/{datasetId}";
}
