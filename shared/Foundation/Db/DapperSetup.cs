using System.Data;
using System.Runtime.CompilerServices;
using Dapper;
using Npgsql;
using NpgsqlTypes;
using Portal.Foundation.Identity;

namespace Portal.Foundation.Db;

/// <summary>Teaches Dapper our keys and times, once per process.</summary>
internal static class DapperSetup
{
    // A module initialiser, so that no store can be used before its types are known.
#pragma warning disable CA2255 // meant for application code too: this assembly is one
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Run()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        SqlMapper.AddTypeHandler(new KeyHandler<TenantId>());
        SqlMapper.AddTypeHandler(new KeyHandler<UserId>());
        SqlMapper.AddTypeHandler(new KeyHandler<ProjectId>());
        SqlMapper.AddTypeHandler(new KeyHandler<AssetId>());
        SqlMapper.AddTypeHandler(new KeyHandler<AssetVersionId>());
        SqlMapper.AddTypeHandler(new KeyHandler<UploadJobId>());
        SqlMapper.AddTypeHandler(new KeyHandler<ShareLinkId>());
        SqlMapper.AddTypeHandler(new KeyHandler<InviteId>());
        SqlMapper.AddTypeHandler(new KeyHandler<NotificationId>());
        SqlMapper.AddTypeHandler(new KeyHandler<CommentId>());
        SqlMapper.AddTypeHandler(new KeyHandler<TemplateId>());
        SqlMapper.AddTypeHandler(new KeyHandler<MilestoneId>());
        SqlMapper.AddTypeHandler(new KeyHandler<TaskId>());
        SqlMapper.AddTypeHandler(new KeyHandler<IncidentId>());
        SqlMapper.AddTypeHandler(new KeyHandler<AlertId>());
        SqlMapper.RemoveTypeMap(typeof(DateOnly));
        SqlMapper.RemoveTypeMap(typeof(DateOnly?));
        SqlMapper.AddTypeHandler(new DateHandler());
        SqlMapper.AddTypeHandler(new GuidsHandler());
        SqlMapper.AddTypeHandler(new TextsHandler());
        SqlMapper.RemoveTypeMap(typeof(DateTimeOffset));
        SqlMapper.RemoveTypeMap(typeof(DateTimeOffset?));
        SqlMapper.AddTypeHandler(new UtcHandler());
    }

    private sealed class KeyHandler<T> : SqlMapper.TypeHandler<T>
        where T : struct, IKey<T>
    {
        public override void SetValue(IDbDataParameter parameter, T value)
        {
            parameter.DbType = DbType.Guid;
            parameter.Value = value.Value;
        }

        public override T Parse(object value) => T.From((Guid)value);
    }

    /// <summary>timestamptz is an instant; Npgsql hands it over as a UTC DateTime and wants offset zero back.</summary>
    private sealed class UtcHandler : SqlMapper.TypeHandler<DateTimeOffset>
    {
        public override void SetValue(IDbDataParameter parameter, DateTimeOffset value) => parameter.Value = value.ToUniversalTime();

        public override DateTimeOffset Parse(object value) => value switch
        {
            DateTimeOffset offset => offset,
            DateTime utc => new DateTimeOffset(DateTime.SpecifyKind(utc, DateTimeKind.Utc)),
            _ => throw new InvalidCastException($"Cannot read a time from {value.GetType().Name}."),
        };
    }

    /// <summary>A day without a time zone. Npgsql takes the last day there is for 'infinity', which is how a list keys what has no
    /// day.</summary>
    private sealed class DateHandler : SqlMapper.TypeHandler<DateOnly>
    {
        public override void SetValue(IDbDataParameter parameter, DateOnly value) => parameter.Value = value;

        public override DateOnly Parse(object value) => value is DateOnly date ? date : DateOnly.FromDateTime((DateTime)value);
    }

    /// <summary>uuid[]: named here because a reader calls every array column an Array, which is no record's parameter.</summary>
    private sealed class GuidsHandler : SqlMapper.TypeHandler<Guid[]>
    {
        public override void SetValue(IDbDataParameter parameter, Guid[]? value)
        {
            ((NpgsqlParameter)parameter).NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid;
            parameter.Value = (object?)value ?? DBNull.Value;
        }

        public override Guid[] Parse(object value) => (Guid[])value;
    }

    /// <summary>text[]: likewise.</summary>
    private sealed class TextsHandler : SqlMapper.TypeHandler<string[]>
    {
        public override void SetValue(IDbDataParameter parameter, string[]? value)
        {
            ((NpgsqlParameter)parameter).NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text;
            parameter.Value = (object?)value ?? DBNull.Value;
        }

        public override string[] Parse(object value) => (string[])value;
    }
}
