using InternPlatform.Catalog.Cleaning;
using InternPlatform.Catalog.Datasets;
using InternPlatform.Catalog.Import;
using InternPlatform.Catalog.Models;
using InternPlatform.Catalog.Objects;
using InternPlatform.Catalog.Statistics;
using InternPlatform.Catalog.Tokens;
using InternPlatform.Catalog.Uploads;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Jobs;
using InternPlatform.Jobs.DeadLetters;
using InternPlatform.ServiceDefaults;
using MassTransit;

namespace InternPlatform.Catalog;

/// <summary>Catalog: data sets, models, versions, lineage, search. The index of everything it does.</summary>
public static class CatalogService
{
    private static readonly JobKinds<CatalogDb> Kinds = new JobKinds<CatalogDb>(Problems.Service)
        .Add<ImportSpec, ImportedRows>(ImportJob.Kind, ImportJob.RunAsync, new() { Validate = ImportSpec.RefuseAsync, Prepare = ImportSpec.PrepareAsync, Completed = CompleteImport.HandleAsync })
        .Add<ImportModelSpec, ImportModelResult>(ImportModelJob.Kind, ImportModelJob.RunAsync, new() { Validate = ImportModelSpec.RefuseAsync, Prepare = ImportModelSpec.PrepareAsync, Completed = ImportModelJob.CompleteAsync })
        .Add<CleanDataset, CleanedRows>(CleanJob.Kind, CleanJob.RunAsync, new() { Validate = CleanJob.RefuseAsync, Completed = CleanJob.CompleteAsync })
        .Add<TrainTokenizer, TokenizerResult>(TokenizerJob.Kind, TokenizerJob.RunAsync, new() { Validate = TokenizerJob.RefuseAsync, Completed = TokenizerJob.CompleteAsync })
        .Add<TokenizeDatasets, TokenizeResult>(TokenizeJob.Kind, TokenizeJob.RunAsync, new() { Validate = TokenizeJob.RefuseAsync, Completed = TokenizeJob.CompleteAsync });

    public static PlatformService Definition { get; } = new(Problems.Service, AddServices, AddConsumers, MapEndpoints)
    {
        Children = new Dictionary<string, ChildMain> { ["job"] = Kinds.RunChildAsync },
    };

    private static void AddServices(IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<CatalogOptions>().BindConfiguration(CatalogOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.AddServiceDatabase<CatalogDb, CatalogSqliteDb, CatalogPostgresDb>(Problems.Service);
        builder.AddJobs(Kinds);
        builder.Services.AddSingleton<CatalogFiles>();
        builder.Services.AddHostedService<ForgetUploads>();
    }

    private static void AddConsumers(IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<RecordProduction>();
        bus.AddConsumer<IndexObjects>();
    }

    private static void MapEndpoints(IEndpointRouteBuilder catalog)
    {
        BeginUpload.Map(catalog);
        AppendUpload.Map(catalog);
        GetUpload.Map(catalog);
        CompleteUpload.Map(catalog);
        ListDatasets.Map(catalog);
        GetDataset.Map(catalog);
        ListVersions.Map(catalog);
        PreviewRows.Map(catalog);
        EditCard.Map(catalog);
        GetRecipe.Map(catalog);
        GetStatistics.Map(catalog);
        ListModels.Map(catalog);
        GetModel.Map(catalog);
        GetLineage.Map(catalog);
        ListObjects.Map(catalog);
        catalog.MapJobs(Kinds);
        catalog.MapDeadLetters<CatalogDb>(Problems.Service);
    }
}
