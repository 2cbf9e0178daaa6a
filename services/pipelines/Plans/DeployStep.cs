using System.Text.Json;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Pipelines.Engine;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Pipelines.Plans;

/// <summary>A step that deploys a model and waits until it is ready.</summary>
internal static class DeployStep
{
    public static CallStep Of(string name, Func<RunFacts, CreateDeployment> body) => new()
    {
        Name = name,
        Service = "deployment",
        Path = _ => "api/deployment/deployments",
        Body = body,
        StatePath = id => $"api/deployment/deployments/{id}",
        Cancel = id => new StepCancel(HttpMethod.Delete, $"api/deployment/deployments/{id}"),
        ClearBeforeRetry = true,
        Read = (answer, _) => Read(answer),
        Show = result => Show(result.Deserialize<DeploymentView>(PlatformJson.Options)!),
    };

    private static StepReading Read(JsonElement answer)
    {
        var deployment = answer.Deserialize<DeploymentView>(PlatformJson.Options) ?? throw new JsonException("A deployment is null.");
        return deployment.State switch
        {
            DeploymentState.Ready => new StepReading(StepState.Succeeded) { Result = answer },
            DeploymentState.Starting => new StepReading(StepState.Running),
            _ => new StepReading(StepState.Failed) { Problem = StepProblems.NotReady(deployment.Name, deployment.Problem) },
        };
    }

    private static StepOutcome Show(DeploymentView deployment) =>
        new($"model={deployment.Name} context={deployment.ContextLength}", "/serve");
}
