using InternPlatform.Contracts.Finetuning;

namespace InternPlatform.Portal.Clients;

/// <summary>Chat templates, and rows as the tokens that a tuning reads.</summary>
public sealed class FinetuningClient(ServiceApi api)
{
    private const string Service = "finetuning";

    public Task<IReadOnlyList<ChatTemplateView>> TemplatesAsync(CancellationToken cancellationToken) =>
        api.GetAsync<IReadOnlyList<ChatTemplateView>>(Service, "templates", cancellationToken);

    public Task<TokensPreview> PreviewAsync(PreviewTokens request, CancellationToken cancellationToken) =>
        api.PostAsync<TokensPreview>(Service, "preview", request, Guid.CreateVersion7(), cancellationToken);
}
