namespace Portal.Foundation.Identity;

/// <summary>A typed key: a UUID that cannot be handed over where another kind of key is meant.</summary>
public interface IKey<TSelf>
    where TSelf : struct, IKey<TSelf>
{
    Guid Value { get; }

    static abstract TSelf From(Guid value);
}

/// <summary>Makes keys. Version 7: they sort by the time they were made, which keeps index pages and pages of lists together.</summary>
public static class NewKey
{
    public static T At<T>(DateTimeOffset now)
        where T : struct, IKey<T> => T.From(Guid.CreateVersion7(now));
}

public readonly record struct TenantId(Guid Value) : IKey<TenantId>
{
    /// <summary>Home of what belongs to no tenant: Operators' acts, incidents (infra/postgres/migrations/0005_operations.sql).</summary>
    public static readonly TenantId Platform = new(new("00000000-0000-7000-8000-000000000000"));

    public static TenantId From(Guid value) => new(value);

    public override string ToString() => Value.ToString();
}

public readonly record struct UserId(Guid Value) : IKey<UserId>
{
    public static UserId From(Guid value) => new(value);

    public override string ToString() => Value.ToString();
}

public readonly record struct ProjectId(Guid Value) : IKey<ProjectId>
{
    public static ProjectId From(Guid value) => new(value);

    public override string ToString() => Value.ToString();
}

public readonly record struct AssetId(Guid Value) : IKey<AssetId>
{
    public static AssetId From(Guid value) => new(value);

    public override string ToString() => Value.ToString();
}

public readonly record struct AssetVersionId(Guid Value) : IKey<AssetVersionId>
{
    public static AssetVersionId From(Guid value) => new(value);

    public override string ToString() => Value.ToString();
}

public readonly record struct UploadJobId(Guid Value) : IKey<UploadJobId>
{
    public static UploadJobId From(Guid value) => new(value);

    public override string ToString() => Value.ToString();
}

public readonly record struct ShareLinkId(Guid Value) : IKey<ShareLinkId>
{
    public static ShareLinkId From(Guid value) => new(value);

    public override string ToString() => Value.ToString();
}

public readonly record struct InviteId(Guid Value) : IKey<InviteId>
{
    public static InviteId From(Guid value) => new(value);

    public override string ToString() => Value.ToString();
}

public readonly record struct TemplateId(Guid Value) : IKey<TemplateId>
{
    public static TemplateId From(Guid value) => new(value);

    public override string ToString() => Value.ToString();
}

public readonly record struct NotificationId(Guid Value) : IKey<NotificationId>
{
    public static NotificationId From(Guid value) => new(value);

    public override string ToString() => Value.ToString();
}

public readonly record struct MilestoneId(Guid Value) : IKey<MilestoneId>
{
    public static MilestoneId From(Guid value) => new(value);

    public override string ToString() => Value.ToString();
}

public readonly record struct CommentId(Guid Value) : IKey<CommentId>
{
    public static CommentId From(Guid value) => new(value);

    public override string ToString() => Value.ToString();
}

public readonly record struct TaskId(Guid Value) : IKey<TaskId>
{
    public static TaskId From(Guid value) => new(value);

    public override string ToString() => Value.ToString();
}

public readonly record struct IncidentId(Guid Value) : IKey<IncidentId>
{
    public static IncidentId From(Guid value) => new(value);

    public override string ToString() => Value.ToString();
}

public readonly record struct AlertId(Guid Value) : IKey<AlertId>
{
    public static AlertId From(Guid value) => new(value);

    public override string ToString() => Value.ToString();
}
