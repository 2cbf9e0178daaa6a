using InternPlatform.Deployment;
using InternPlatform.ServiceDefaults;

return await PlatformHost.RunAsync(args, DeploymentService.Definition);
