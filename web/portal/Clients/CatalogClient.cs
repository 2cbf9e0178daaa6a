using InternPlatform.Contracts;
using InternPlatform.Contracts.Catalog;

namespace InternPlatform.Portal.Clients;

/// <summary>Data sets, models, lineage and the index of objects.</summary>
public sealed class CatalogClient(ServiceApi api)
{
    private const string Service = "catalog";
    private const int LargestPage = 200;

    public Task<Page<DatasetView>> DatasetsAsync(string? search, string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<DatasetView>>(Service, Query.Of("datasets", ("q", search), ("cursor", cursor), ("limit", "30")), cancellationToken);

    /// <summary>All of them, to choose from.</summary>
    public Task<IReadOnlyList<DatasetView>> AllDatasetsAsync(CancellationToken cancellationToken) => AllAsync<DatasetView>("datasets", cancellationToken);

    public Task<DatasetView> DatasetAsync(string idOrName, CancellationToken cancellationToken) =>
        api.GetAsync<DatasetView>(Service, $"datasets/{Uri.EscapeDataString(idOrName)}", cancellationToken);

    public Task<Tagged<DatasetView>> TaggedDatasetAsync(string idOrName, CancellationToken cancellationToken) =>
        api.GetTaggedAsync<DatasetView>(Service, $"datasets/{Uri.EscapeDataString(idOrName)}", cancellationToken);

    /// <param name="tag">Of the data set as it was read.</param>
    public Task<DatasetView> EditCardAsync(Guid id, DatasetCard card, string tag, CancellationToken cancellationToken) =>
        api.PutAsync<DatasetView>(Service, $"datasets/{id}/card", card, tag, cancellationToken);

    public Task<DatasetStatistics> StatisticsAsync(Guid id, int version, CancellationToken cancellationToken) =>
        api.GetAsync<DatasetStatistics>(Service, $"datasets/{id}/versions/{version}/statistics", cancellationToken);

    public Task<CleaningRecipe> CleaningRecipeAsync(CancellationToken cancellationToken) => api.GetAsync<CleaningRecipe>(Service, "cleaning/recipe", cancellationToken);

    public Task<RowsView> RowsAsync(string idOrName, int version, long offset, int limit, CancellationToken cancellationToken) =>
        api.GetAsync<RowsView>(
            Service,
            Query.Of($"datasets/{Uri.EscapeDataString(idOrName)}/versions/{version}/rows", ("offset", $"{offset}"), ("limit", $"{limit}")),
            cancellationToken);

    public Task<Page<ModelView>> ModelsAsync(string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<ModelView>>(Service, Query.Of("models", ("cursor", cursor), ("limit", "30")), cancellationToken);

    /// <summary>All of them, to choose from.</summary>
    public Task<IReadOnlyList<ModelView>> AllModelsAsync(CancellationToken cancellationToken) => AllAsync<ModelView>("models", cancellationToken);

    public Task<ModelView> ModelAsync(string idOrName, CancellationToken cancellationToken) =>
        api.GetAsync<ModelView>(Service, $"models/{Uri.EscapeDataString(idOrName)}", cancellationToken);

    public Task<LineageView> LineageAsync(string artifactId, CancellationToken cancellationToken) =>
        api.GetAsync<LineageView>(Service, $"lineage/{artifactId}", cancellationToken);

    public Task<Page<ObjectView>> RecentObjectsAsync(int count, CancellationToken cancellationToken) =>
        api.GetAsync<Page<ObjectView>>(Service, Query.Of("objects", ("limit", $"{count}")), cancellationToken);

    private async Task<IReadOnlyList<T>> AllAsync<T>(string path, CancellationToken cancellationToken)
    {
        var found = new List<T>();
        string? cursor = null;
        do
        {
            var page = await api.GetAsync<Page<T>>(Service, Query.Of(path, ("cursor", cursor), ("limit", $"{LargestPage}")), cancellationToken);
            found.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return found;
    }
}
