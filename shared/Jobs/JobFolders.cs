using InternPlatform.ServiceDefaults;

namespace InternPlatform.Jobs;

/// <summary>Where a service finds the files of its own jobs.</summary>
public static class JobFolders
{
    /// <summary>The folder that the job's child sees as <see cref="JobContext.WorkFolder"/>. Some time after the end of the job it is gone.</summary>
    public static string Work(PlatformOptions options, string service, Guid jobId) => JobFiles.Work(JobFiles.Folder(options.ServiceFolder(service), jobId));
}
