using System.Net.Http.Json;
using InternPlatform.Agents;
using InternPlatform.Catalog;
using InternPlatform.Contracts.Agents;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Contracts.Identity;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Deployment;
using InternPlatform.Evaluation;
using InternPlatform.Finetuning;
using InternPlatform.Jobs;
using InternPlatform.Pipelines;
using InternPlatform.Pretraining;
using InternPlatform.ServiceDefaults;
using InternPlatform.Services.Tests.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace InternPlatform.Services.Tests.Edge;

/// <summary>Objects of another tenant, by kind; each gives the id that the route takes.</summary>
internal sealed class ForeignObjects(RunningStandalone platform, HttpClient tenant)
{
    public async Task<string> MakeAsync(string kind) => kind switch
    {
        "project" => (await ProjectAsync()).ToString(),
        "user" => (await RunningStandalone.PostAsync<UserView>(tenant, "/api/identity/users", new CreateUser { Name = $"u-{Guid.NewGuid():N}"[..20] })).Id.ToString(),
        "key" => (await platform.AddKeyAsync(tenant)).Key.Id.ToString(),
        "upload" => (await RunningStandalone.PostAsync<UploadView>(tenant, "/api/catalog/uploads", new StartUpload { FileName = "a.txt", SizeBytes = 1 })).Id.ToString(),
        "dataset" => await StoreAsync<CatalogDb>((id, project) => new DatasetRow
        {
            Id = id,
            ProjectId = project,
            Name = $"d-{id}",
            CreatedAt = Now,
            UpdatedAt = Now,
            Stamp = Guid.NewGuid(),
            Versions =
            [
                new DatasetVersionRow
                {
                    DatasetId = id, Version = 1, ProjectId = project, ArtifactId = new string('a', 64), Rows = 1, Bytes = 1, RejectedRows = 0, Source = "a.txt",
                    CreatedAt = Now, JobId = Guid.NewGuid(), RejectedJson = "[]", RowKindsJson = "{}",
                },
            ],
        }),
        "model" => await StoreAsync<CatalogDb>((id, project) => new ModelRow
        {
            Id = id,
            ProjectId = project,
            Name = $"m-{id}",
            Version = 1,
            ArtifactId = new string('b', 64),
            Service = "pretraining",
            JobId = id,
            CreatedAt = Now,
            Bytes = 1,
            FiguresJson = "{}",
        }),
        "artifact" => await StoreArtifactAsync(),
        "catalog job" => await StoreAsync<CatalogDb>(Job),
        "pretraining job" => await StoreAsync<PretrainingDb>(Job),
        "finetuning job" => await StoreAsync<FinetuningDb>(Job),
        "evaluation job" => await StoreAsync<EvaluationDb>(Job),
        "deployment job" => await StoreAsync<DeploymentDb>(Job),
        "agent" => await StoreAsync<AgentsDb>(Agent),
        "agent run" => await StoreAsync<AgentsDb>((id, project) => new AgentRunRow
        {
            Id = id,
            ProjectId = project,
            AgentId = Guid.Empty,
            Agent = Agent(Guid.CreateVersion7(), project),
            Question = "q",
            Seed = 1,
            UserId = "u",
            UserName = "u",
            Scopes = "",
            CreatedAt = Now,
            State = AgentRunState.Cancelled,
            Version = Guid.NewGuid(),
        }),
        "deployment" => await StoreAsync<DeploymentDb>((id, project) => new DeploymentRow
        {
            Id = id,
            ProjectId = project,
            Name = $"x-{id}",
            ModelArtifactId = new string('b', 64),
            CreatedAt = Now,
            State = DeploymentState.Stopped,
        }),
        "run" => await StoreAsync<PipelinesDb>((id, project) => new PipelineRunRow
        {
            Id = id,
            ProjectId = project,
            Plan = "tour",
            Name = $"r-{id}",
            InputJson = """{"plan":"tour"}""",
            UserId = "u",
            UserName = "u",
            Scopes = "",
            CreatedAt = Now,
            State = PipelineState.Cancelled,
            Version = Guid.NewGuid(),
        }),
        _ => throw new ArgumentException($"No maker for the object kind '{kind}'.", nameof(kind)),
    };

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private static AgentRow Agent(Guid id, Guid project) => new()
    {
        Id = id,
        ProjectId = project,
        Name = $"a-{id}",
        ArtifactId = new string('a', 64),
        Model = "m",
        ModelArtifactId = new string('b', 64),
        Strategy = "react",
        ToolsJson = "[]",
        MaxSteps = 1,
        MaxRepairs = 0,
        CreatedAt = Now,
    };

    private static JobRow Job(Guid id, Guid project) => new()
    {
        Id = id,
        ProjectId = project,
        Kind = "import",
        Name = "foreign",
        State = JobState.Cancelled,
        Spec = "{}",
        CreatedById = "u",
        CreatedBy = "u",
        Scopes = "",
        CreatedAt = Now,
    };

    private async Task<Guid> ProjectAsync() =>
        (await tenant.GetFromJsonAsync<MeView>("/api/identity/me", PlatformJson.Options, TestContext.Current.CancellationToken))!.ProjectId;

    /// <summary>Straight into the service's database: what a job would make takes a job to make.</summary>
    private async Task<string> StoreAsync<TDb>(Func<Guid, Guid, object> row)
        where TDb : DbContext
    {
        var id = Guid.CreateVersion7();
        await using var scope = platform.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        db.Add(row(id, await ProjectAsync()));
        await db.SaveChangesAsync(TestContext.Current.CancellationToken);
        return id.ToString();
    }

    private async Task<string> StoreArtifactAsync()
    {
        var artifact = $"{Guid.NewGuid():N}{Guid.NewGuid():N}";
        await StoreAsync<CatalogDb>((id, project) => new ProducedRow
        {
            ArtifactId = artifact,
            JobId = id,
            ProjectId = project,
            Kind = "model",
            Name = "foreign",
            Service = "pretraining",
            At = Now,
        });
        return artifact;
    }
}
