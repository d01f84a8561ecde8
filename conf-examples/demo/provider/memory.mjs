// Where the provider keeps its sessions, codes and tokens: one map in memory, shared by the
// provider objects that follow each other when keys are rotated.

const SWEEP_EVERY_MS = 60_000;

export class Memory {
  constructor() {
    this.entries = new Map();
    this.grants = new Map();
    setInterval(() => this.sweep(), SWEEP_EVERY_MS).unref();
  }

  adapter() {
    return (model) => new Adapter(this, model);
  }

  get(key) {
    const entry = this.entries.get(key);
    return entry && entry.until > Date.now() ? entry.value : undefined;
  }

  set(key, value, seconds) {
    this.entries.set(key, { value, until: seconds ? Date.now() + seconds * 1000 : Infinity });
  }

  delete(key) {
    this.entries.delete(key);
  }

  sweep() {
    const now = Date.now();
    for (const [key, entry] of this.entries) {
      if (entry.until <= now) {
        this.entries.delete(key);
      }
    }
    for (const [grant, keys] of this.grants) {
      if (![...keys].some((key) => this.entries.has(key))) {
        this.grants.delete(grant);
      }
    }
  }
}

// The interface that oidc-provider asks for, one object for each of its models.
class Adapter {
  constructor(memory, model) {
    this.memory = memory;
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload, expiresIn) {
    const key = this.key(id);
    this.memory.set(key, payload, expiresIn);
    if (payload.uid && this.model === 'Session') {
      this.memory.set(`uid:${payload.uid}`, id, expiresIn);
    }
    if (payload.grantId && this.model !== 'Interaction') {
      const keys = this.memory.grants.get(payload.grantId) ?? new Set();
      this.memory.grants.set(payload.grantId, keys.add(key));
    }
  }

  async find(id) {
    return this.memory.get(this.key(id));
  }

  async findByUid(uid) {
    return this.find(this.memory.get(`uid:${uid}`));
  }

  async findByUserCode() {
    return undefined;
  }

  async consume(id) {
    const payload = await this.find(id);
    if (payload) {
      payload.consumed = Math.floor(Date.now() / 1000);
    }
  }

  async destroy(id) {
    this.memory.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const key of this.memory.grants.get(grantId) ?? []) {
      this.memory.delete(key);
    }
    this.memory.grants.delete(grantId);
  }
}
